/** A valid rule of a tenant's own, for tests: an ad that was chosen for its viewer. */
export function anOwnRule(overrides: object = {}): object {
  return {
    id: 'own.rule',
    title: 'A rule of ours',
    citation: 'Handbook § 1',
    source: 'https://example.com/handbook',
    severity: 'low',
    eventTypes: ['com.ott.ad.impression.v1'],
    when: 'event.data.personalised',
    message: 'Campaign {data.campaignId}',
    remediation: 'Stop.',
    examples: ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: { country: 'DE', campaignId: name, personalised: index < 2 } })),
    ...overrides,
  }
}
