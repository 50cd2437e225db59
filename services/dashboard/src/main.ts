import { runProcess } from '@ott/service/run-process'
import { readSettings } from '@ott/service/settings'
import { dashboardSettings, startDashboard } from './start-dashboard.ts'

await runProcess('dashboard', () => startDashboard(readSettings(dashboardSettings, process.env)))
