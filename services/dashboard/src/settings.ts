import { standardSettings } from '@ott/service/settings'

/** The standard settings, but those of a broker and a database: it has neither. */
export const dashboardSettings = standardSettings.pick({ PORT: true, HOST: true, LOG_LEVEL: true })
