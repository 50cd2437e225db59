import { hourMs, type DraftEvent } from './draft-event.ts'
import type { Random } from './random.ts'
import type { Viewer } from './viewers.ts'

export const employees = ['employee-01', 'employee-02', 'employee-03', 'employee-04', 'employee-05', 'employee-06'] as const

/** Office hours of support and reporting, within the day: from hour 8 to hour 17 after `startsAtMs`. */
const opensAtHour = 8
const closesAtHour = 17

/**
 * What staff do with personal data on an ordinary day: support looks at a few records of one viewer at a time, for a
 * purpose; small reports leave under safeguards; and some viewers fetch their own data (GDPR Art. 15). The subject of
 * a look is the viewer; that of a report, which is about nobody in particular, the employee who made it.
 */
export function staffDay(viewers: readonly Viewer[], startsAtMs: number, random: Random): DraftEvent[] {
  const drafts: DraftEvent[] = []
  const inOfficeHours = () => startsAtMs + Math.floor(random.between(opensAtHour, closesAtHour) * hourMs)
  const callers = random.shuffle(viewers).slice(0, Math.ceil(viewers.length / 4))

  for (const viewer of callers) {
    drafts.push({
      atMs: inOfficeHours(),
      type: 'com.ott.personal-data.accessed.v1',
      subject: viewer.subject,
      data: {
        country: viewer.home.country,
        actor: random.pick(employees),
        actorRole: 'employee',
        purpose: random.pick(['customer-support', 'billing-enquiry', 'fraud-prevention']),
        records: random.integer(1, 4),
        categories: random.pick([['contact'], ['contact', 'billing'], ['devices']]),
      },
    })
  }
  for (const employee of employees) {
    for (let i = random.integer(1, 2); i > 0; i--) {
      drafts.push({
        atMs: inOfficeHours(),
        type: 'com.ott.personal-data.exported.v1',
        subject: employee,
        data: {
          country: 'DE',
          actor: employee,
          actorRole: 'employee',
          purpose: random.pick(['licence-fee-report', 'tax-report']),
          records: random.integer(20, 150),
          categories: ['billing'],
          destination: 'reports.example.com',
          destinationCountry: random.pick(['DE', 'FR']),
          safeguards: 'adequacy',
        },
      })
    }
  }
  for (const viewer of callers.filter(({ minor }) => !minor).slice(0, Math.ceil(viewers.length / 60))) {
    drafts.push({
      atMs: startsAtMs + Math.floor(random.between(18, 22) * hourMs),
      type: 'com.ott.personal-data.exported.v1',
      subject: viewer.subject,
      data: {
        country: viewer.home.country,
        actor: viewer.subject,
        actorRole: 'viewer',
        purpose: 'subject-access-request',
        records: random.integer(1, 40),
        categories: ['contact', 'viewing-history'],
        destination: 'the viewer',
        destinationCountry: viewer.home.country,
        safeguards: 'adequacy',
      },
    })
  }
  return drafts
}
