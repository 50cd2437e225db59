import { runProcess } from '@ott/service/run-process'
import { readSettings } from '@ott/service/settings'
import { dashboardSettings } from './settings.ts'
import { startDashboard } from './start-dashboard.ts'

await runProcess('dashboard', () => startDashboard(readSettings(dashboardSettings, process.env)))
