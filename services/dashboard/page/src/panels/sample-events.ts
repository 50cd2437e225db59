export type SampleName = 'harmless' | 'breach' | 'attack'

export interface Sample {
  readonly name: SampleName
  readonly title: string
  /** What to expect of it. */
  readonly hint: string
}

export const samples: readonly Sample[] = [
  { name: 'breach', title: 'Viewing history goes to an ad network', hint: 'Breaks the US Video Privacy Protection Act: opens two violations.' },
  { name: 'attack', title: 'Twenty-five failed sign-ins', hint: 'Breaks no law, but is risky behaviour: opens a violation by its score.' },
  { name: 'harmless', title: 'A playback starts', hint: 'Nothing wrong with it: it is judged, and that is all.' },
]

/**
 * A CloudEvent to post. Each time another event of another viewer: the same once more would be a duplicate, and one more of
 * the same viewer would be evidence for what is open already.
 * @param token makes it unique
 */
export function sampleEvent(name: SampleName, token: string, time: Date): { readonly id: string; readonly [attribute: string]: unknown } {
  const envelope = { specversion: '1.0', id: `sample-${token}`, source: '/dashboard/samples', subject: `sample-viewer-${token}`, time: time.toISOString() }
  switch (name) {
    case 'harmless':
      return { ...envelope, type: 'com.ott.playback.started.v1', data: { country: 'DE', contentId: 'title-1', title: 'A film' } }
    case 'breach':
      return {
        ...envelope,
        type: 'com.ott.viewing-history.shared.v1',
        data: { country: 'US', recipient: 'adnet', purpose: 'ads', titles: ['A film'] },
      }
    case 'attack':
      return { ...envelope, type: 'com.ott.signin.failed.v1', data: { country: 'US', attempts: 25, reason: 'wrong password' } }
  }
}

/** Eight bytes of chance; `randomUUID` exists on secure addresses only. */
export function randomToken(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
