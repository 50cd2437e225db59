import { z } from 'zod'
import { personal } from './privacy.ts'

/** What a tenant wants done with an event that carries an attack: let in with a mark, or not let in. */
export const screeningModes = ['mark', 'block'] as const
export type ScreeningMode = (typeof screeningModes)[number]

/** The attacks found in an event when it was received. Absent where there were none. Texts are neutralised: they may be shown as they are. */
export const screening = z.looseObject({
  /** Such as `sqli` or `xss`: every class found, once. */
  classes: z.array(z.string()),
  findings: z.array(
    z.looseObject({
      /** Dotted, such as `data.title`; `(key)` behind it says that the key itself is meant. */
      path: personal('sensitive', z.string()),
      classes: z.array(z.string()),
      excerpt: personal('sensitive', z.string()),
    }),
  ),
})
export type Screening = z.infer<typeof screening>
