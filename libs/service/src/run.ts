import { runProcess } from './run-process.ts'
import { readSettings, type StandardSettings } from './settings.ts'
import { startService, type Service } from './define-service.ts'

/** Runs one service as this process, with its settings from the environment. */
export async function run<Settings extends StandardSettings>(service: Service<Settings>): Promise<void> {
  await runProcess(service.name, () => startService(service, readSettings(service.settings, process.env)))
}
