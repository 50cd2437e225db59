import { complain, entriesOf, textOf, textsOf, type Place, type Reading } from './configuration-place.ts'
import { type Matcher, matcher, MatcherError, parseMatchers, sortMatchers } from './matcher.ts'

/** Where the conditions of one thing stand: the list of today, and the two deprecated mappings. */
export interface MatcherPlaces {
  readonly matchers: Place | undefined
  readonly equal: Place | undefined
  readonly expressions: Place | undefined
}

/** Conditions on labels, in the order in which Alertmanager keeps them. */
export function readMatchers(reading: Reading, { matchers, equal, expressions }: MatcherPlaces): readonly Matcher[] {
  const listed = textsOf(reading, matchers).flatMap(({ text, place }) => attempt(reading, place, () => parseMatchers(text)))
  const mapped = (
    [
      [equal, '='],
      [expressions, '=~'],
    ] as const
  ).flatMap(([mapping, operator]) =>
    (entriesOf(reading, mapping) ?? []).flatMap(([name, place]) => {
      const value = textOf(reading, place)
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) complain(reading, place, `'${name.slice(0, 100)}' isn't the name of a label`)
      return value === undefined ? [] : attempt(reading, place, () => [matcher(name, operator, value)])
    }),
  )
  return sortMatchers([...mapped, ...listed])
}

function attempt(reading: Reading, place: Place, read: () => Matcher[]): Matcher[] {
  const { left } = reading
  if (left.matchers <= 0) return complain(reading, place, 'has more matchers than are taken in one configuration') ?? []
  try {
    const matchers = read()
    left.matchers -= matchers.length
    return matchers
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error
    return complain(reading, place, error.message) ?? []
  }
}
