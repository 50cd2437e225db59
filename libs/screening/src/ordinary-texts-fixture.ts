import { ordinaryQueries } from './ordinary-queries-fixture.ts'
import { ordinaryStrings } from './ordinary-strings-fixture.ts'
import { ordinaryTitles } from './ordinary-titles-fixture.ts'

const manyLines = [
  'First line.\nSecond line.\n\nThird: with a colon.',
  'Synopsis:\r\nA man & a dog.\r\nStarring: X, Y',
  'To be, or not to be:\nthat is the question',
  'Cast:\n- A\n- B; C\n- D | E',
  'name:\tvalue\nother:\tvalue',
  'Hello,\n\nmy TV doesn\'t work. It says "error (5)".\n\nThanks\nJ.',
  'from: Paris to: Rome',
  'Recipe:\n1 cup of sugar & 2 eggs\ncat food (no!)\nserve',
]

/** What events ordinarily carry. */
export const ordinaryTexts: readonly string[] = [...ordinaryTitles, ...ordinaryQueries, ...ordinaryStrings, ...manyLines]
