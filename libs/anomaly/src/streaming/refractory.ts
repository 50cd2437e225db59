/** What is left of the rest that follows a loud value. */
export interface Refractory {
  readonly loudest: number
  readonly valuesLeft: number
}

export const rested: Refractory = { loudest: 0, valuesLeft: 0 }

const restValues = 200
const louder = 1.2
const echo = 0.3

/**
 * One event, one alarm: a value counts in full when it is 1.2 times as loud as the loudest of the current rest, and
 * starts a new rest of 200 values (at five minutes, two thirds of a day); others count three tenths. Needs no threshold, so it does the same at any.
 */
export function afterRest(state: Refractory, loudness: number): { readonly state: Refractory; readonly share: number } {
  const loudest = state.valuesLeft > 0 ? state.loudest : 0
  if (loudness > louder * loudest) return { state: { loudest: loudness, valuesLeft: restValues }, share: 1 }
  return { state: { loudest, valuesLeft: Math.max(0, state.valuesLeft - 1) }, share: echo }
}
