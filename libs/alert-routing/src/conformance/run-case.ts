import { caseLabel, configurationOf, matchersIn, nameIn } from './case-configuration.ts'
import { type ConformanceCase, type ConformanceStep, endOf, type StepAlert, type Told } from './conformance-case.ts'
import { conformanceStartMs } from './time-cases.ts'

/** Whatever claims Alertmanager's semantics: what is needed to hold it against a case. Its clock stands still but for `advanceTo`. */
export interface ConformanceSubject {
  /** Takes a configuration in Alertmanager's language, with receivers by webhook. */
  configure(yaml: string): Promise<void>
  postAlerts(alerts: readonly PostedAlert[]): Promise<void>
  silence(silence: PostedSilence): Promise<void>
  expireSilence(name: string): Promise<void>
  /** Alerts with these labels are taken care of. */
  acknowledge(labels: Readonly<Record<string, string>>): Promise<void>
  /** Lets everything happen that is due until then, in its order. */
  advanceTo(ms: number): Promise<void>
  /** All that receivers were told so far. */
  notifications(): Promise<readonly ReceivedNotification[]>
}

/** An alert as API v2 takes it, in ms. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAtMs: number | undefined
  readonly endsAtMs: number | undefined
}

/** One of the same name takes the place of the one before. */
export interface PostedSilence {
  readonly name: string
  readonly matchers: readonly string[]
  readonly startsAtMs: number
  readonly endsAtMs: number
}

export interface ReceivedNotification {
  readonly atMs: number
  readonly receiver: string
  /** The n-th webhook of the receiver. */
  readonly integration: number
  readonly alerts: readonly { readonly status: 'firing' | 'resolved'; readonly labels: Readonly<Record<string, string>> }[]
}

/** The case's name among its alerts, receivers and rules where it runs alone. */
const onlyId = 'c0'

/** Runs one case from beginning to end, and says what was told. It conforms where that equals `inOrder(case.expected)`. */
export async function runCase(one: ConformanceCase, subject: ConformanceSubject): Promise<readonly Told[]> {
  await subject.advanceTo(conformanceStartMs)
  await subject.configure(configurationOf(new Map([[onlyId, one]]), { baseUrl: 'https://receiver.example', speed: 1 }))
  for (const step of one.steps.toSorted((a, b) => a.atS - b.atS)) {
    await subject.advanceTo(conformanceStartMs + step.atS * 1_000)
    await takeStep(onlyId, step, { subject, atMs: (atS) => conformanceStartMs + atS * 1_000 })
  }
  await subject.advanceTo(conformanceStartMs + endOf(one) * 1_000)
  const received = await subject.notifications()
  return inOrder(received.map((notification) => toldBy(onlyId, notification, (notification.atMs - conformanceStartMs) / 1_000)))
}

/** Does what a step of a case says. */
export async function takeStep(id: string, step: ConformanceStep, { subject, atMs }: { subject: Omit<ConformanceSubject, 'configure' | 'advanceTo' | 'notifications'>; atMs: (atS: number) => number }): Promise<void> {
  const msOf = (atS: number | undefined) => (atS === undefined ? undefined : atMs(atS))
  const { alerts = [], silence, expire, acknowledge = [] } = step
  if (alerts.length > 0) {
    await subject.postAlerts(alerts.map((alert) => ({ labels: labelsIn(id, alert), annotations: alert.annotations, startsAtMs: msOf(alert.startsAtS), endsAtMs: msOf(alert.endsAtS) })))
  }
  if (silence !== undefined) {
    const { name, matchers, startsAtS, endsAtS } = silence
    await subject.silence({ name: nameIn(id, name), matchers: matchersIn(id, matchers), startsAtMs: atMs(startsAtS), endsAtMs: atMs(endsAtS) })
  }
  if (expire !== undefined) await subject.expireSilence(nameIn(id, expire))
  for (const name of acknowledge) await subject.acknowledge({ [caseLabel]: id, name })
}

/** A notification in the words of a case. */
export function toldBy(id: string, { receiver, integration, alerts }: ReceivedNotification, atS: number): Told {
  const name = receiver.slice(nameIn(id, '').length)
  const namesOf = (wanted: string) => alerts.filter(({ status }) => status === wanted).map(({ labels }) => labels.name ?? '?').toSorted()
  return { atS, to: integration === 0 ? name : `${name}/${integration}`, firing: namesOf('firing'), resolved: namesOf('resolved') }
}

/** By time, then by who and what, as groups that are due together have no order. */
export function inOrder(told: readonly Told[]): readonly Told[] {
  const key = ({ to, firing, resolved }: Told) => JSON.stringify([to, firing, resolved])
  return told.toSorted((a, b) => a.atS - b.atS || (key(a) < key(b) ? -1 : 1))
}

function labelsIn(id: string, { name, labels }: StepAlert): Readonly<Record<string, string>> {
  return { ...labels, name, [caseLabel]: id }
}
