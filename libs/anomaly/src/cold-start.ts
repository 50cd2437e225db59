/** Events of a viewer after which its own history counts as much as the population. */
const credibilityEvents = 20

/**
 * The risk of a viewer of whom little was seen. The ensemble compares with viewers whose windows are full; early on, its risk is shrunk
 * towards that of the population model (risk-score.ts), which holds from the first event on: share · ensemble + (1 − share) · population with
 * share = events / (events + 20), the credibility of Bühlmann (1967, ASTIN Bulletin 4:199–207). Contributions blend alike and so still sum.
 * @throws RangeError for a negative or infinite number of events
 */
export function blendForColdStart(risk: { readonly ensemble: number; readonly population: number; readonly eventsSeen: number }): number {
  const share = credibility(risk.eventsSeen)
  return risk.population + share * (risk.ensemble - risk.population)
}

/** How much a viewer's own history counts, 0 for none to nearly 1. */
export function credibility(eventsSeen: number): number {
  if (!(eventsSeen >= 0 && Number.isFinite(eventsSeen))) throw new RangeError(`eventsSeen: ${eventsSeen} is no number of events`)
  return eventsSeen / (eventsSeen + credibilityEvents)
}
