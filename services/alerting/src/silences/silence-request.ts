import { MatcherError, matcher, parseMatchers, type MatchOperator } from '@ott/alert-routing/matcher'
import { silenceProblem, silenceState } from '@ott/alert-routing/silence'
import { invalidRequest } from '@ott/http/problem'
import { z } from 'zod'
import { compiled, type PlainMatcher, type SilenceItem } from './silence-store.ts'

const matcherObject = z.strictObject({
  name: z.string().min(1).max(128),
  value: z.string().max(1_024),
  isRegex: z.boolean().default(false),
  isEqual: z.boolean().default(true),
})
const matchers = z.array(z.union([matcherObject, z.string().min(1).max(2_048)])).min(1).max(32)
const comment = z.string().max(2_000)
const time = z.iso.datetime({ offset: true })
/** Told a quarter of an hour before the end where nobody says otherwise. */
const noticeMinutes = z.number().int().min(0).max(10_080).default(15)

/** Alertmanager's `PostableSilence`; matchers may be texts, too, such as `severity="low"`. */
export const silenceRequest = z.strictObject({
  id: z.string().max(64).optional(),
  matchers,
  startsAt: time.optional(),
  endsAt: time,
  createdBy: z.string().max(200).optional(),
  comment: comment.default(''),
  noticeMinutes,
})

/** Hushes what is about one viewer, or what one rule says of them. */
export const snoozeRequest = z.strictObject({
  subject: z.string().min(1).max(256),
  rule: z.string().min(1).max(256).optional(),
  minutes: z.number().int().min(1).max(43_200),
  comment: comment.default(''),
  noticeMinutes,
})

export const silenceChange = z.strictObject({ startsAt: time.optional(), endsAt: time.optional(), comment: comment.optional() })

export type NewSilence = Omit<SilenceItem, 'version' | 'createdAtMs' | 'updatedAtMs'>

/** A silence as it will be kept. Throws a Problem that names what is wrong. */
export function newSilence(request: z.infer<typeof silenceRequest>, { id, by, nowMs }: { id: string; by: string; nowMs: number }): NewSilence {
  if (request.id !== undefined && request.id !== '') throw invalidRequest([{ field: 'id', problem: 'is given out here; change a silence at its own address' }])
  const plain = request.matchers.flatMap((given, n) => plainMatchers(given, `matchers.${n}`))
  const startsAtMs = Math.max(nowMs, request.startsAt === undefined ? nowMs : Date.parse(request.startsAt))
  const endsAtMs = Date.parse(request.endsAt)
  requireSound({ matchers: plain, startsAtMs, endsAtMs }, nowMs)
  return { id, matchers: plain, startsAtMs, endsAtMs, createdBy: request.createdBy ?? by, comment: request.comment, noticeMs: request.noticeMinutes * 60_000 }
}

export function newSnooze({ subject, rule, minutes, comment: why, noticeMinutes: notice }: z.infer<typeof snoozeRequest>, { id, by, nowMs }: { id: string; by: string; nowMs: number }): NewSilence {
  const about: PlainMatcher = { name: 'subject', operator: '=', value: subject }
  const plain = rule === undefined ? [about] : [about, { name: 'alertname', operator: '=', value: rule } as const]
  return { id, matchers: plain, startsAtMs: nowMs, endsAtMs: nowMs + minutes * 60_000, createdBy: by, comment: why, noticeMs: notice * 60_000 }
}

/** The times and comment that a change asks for. A silence that has ended stays as it was. Throws a Problem. */
export function changedSilence(silence: SilenceItem, change: z.infer<typeof silenceChange>, nowMs: number): Pick<SilenceItem, 'id' | 'startsAtMs' | 'endsAtMs' | 'comment'> {
  const isPending = silenceState(silence, nowMs) === 'pending'
  if (change.startsAt !== undefined && !isPending) throw invalidRequest([{ field: 'startsAt', problem: 'can only be changed before it begins' }])
  const startsAtMs = change.startsAt === undefined ? silence.startsAtMs : Math.max(nowMs, Date.parse(change.startsAt))
  const endsAtMs = change.endsAt === undefined ? silence.endsAtMs : Date.parse(change.endsAt)
  requireSound({ matchers: silence.matchers, startsAtMs, endsAtMs }, nowMs)
  return { id: silence.id, startsAtMs, endsAtMs, comment: change.comment ?? silence.comment }
}

/** A silence as it is shown, in Alertmanager's shape. */
export function shownSilence(silence: SilenceItem, nowMs: number) {
  const { id, createdBy, comment: why, matchers: kept } = silence
  return {
    id,
    status: { state: silenceState(silence, nowMs) },
    matchers: kept.map(({ name, operator, value }) => ({ name, value, isRegex: operator.includes('~'), isEqual: !operator.startsWith('!') })),
    startsAt: new Date(silence.startsAtMs).toISOString(),
    endsAt: new Date(silence.endsAtMs).toISOString(),
    createdBy,
    comment: why,
    noticeMinutes: silence.noticeMs / 60_000,
    createdAt: new Date(silence.createdAtMs).toISOString(),
    updatedAt: new Date(silence.updatedAtMs).toISOString(),
  }
}

function plainMatchers(given: z.infer<typeof matchers>[number], field: string): PlainMatcher[] {
  try {
    if (typeof given === 'string') return parseMatchers(given).map(({ name, operator, value }) => ({ name, operator, value }))
    const { name, value, isRegex, isEqual } = given
    const operator: MatchOperator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!='
    matcher(name, operator, value)
    return [{ name, operator, value }]
  } catch (error) {
    if (error instanceof MatcherError) throw invalidRequest([{ field, problem: error.message }])
    throw error
  }
}

/** What the library says of silences, and that one that is over hushes nobody. */
function requireSound(silence: Pick<SilenceItem, 'matchers' | 'startsAtMs' | 'endsAtMs'>, nowMs: number): void {
  if (silence.endsAtMs <= nowMs) throw invalidRequest([{ field: 'endsAt', problem: 'must be in the future' }])
  const [, field = '', problem = ''] = /^(\w+): (.*)$/s.exec(silenceProblem({ ...silence, matchers: compiled(silence.matchers) }) ?? '') ?? []
  if (field !== '') throw invalidRequest([{ field, problem }])
}
