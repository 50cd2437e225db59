import { ordinaryTexts } from '../src/ordinary-texts-fixture.ts'
import { screenEvent } from '../src/screen-event.ts'
import { screenText } from '../src/screen-text.ts'
import { createChance, hostileInput } from './hostile-inputs.ts'

/** Run by hand: `node libs/screening/fuzz/fuzz.ts [inputs] [seed]`. Ends with 1 when an input crashes or takes 5 ms of the processor five times in a row. */
const inputs = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? 1)
const inputMsMax = 5

// The engine compiles each pattern at its first texts, for narrow and for wide strings: once a process, so not the inputs' doing.
for (let round = 0; round < 3; round++) for (const text of ordinaryTexts) screenText(text + (round === 0 ? '<(' : "'映画"))

const chance = createChance(seed)
let failures = 0
let slowest = { ms: 0, text: '' }
let flagged = 0
let characters = 0
const begun = performance.now()
for (let count = 0; count < inputs; count++) {
  const text = hostileInput(chance, ordinaryTexts)
  characters += text.length
  try {
    // Something else of the process, such as collecting garbage, may fall into one turn: an input is slow when it always is.
    let ms = timed(text)
    for (let again = 0; again < 4 && ms >= inputMsMax; again++) ms = Math.min(ms, timed(text))
    if (ms > slowest.ms) slowest = { ms, text }
    if (screenEvent({ [text.slice(0, 200)]: text }).length > 0) flagged += 1
  } catch (error) {
    failures += 1
    process.stdout.write(`crash: ${String(error)} of ${JSON.stringify(text.slice(0, 200))}\n`)
  }
}
process.stdout.write(`${inputs} inputs (seed ${seed}), ${characters} characters in ${((performance.now() - begun) / 1_000).toFixed(1)} s; ${flagged} marked, ${failures} crashes\n`)
process.stdout.write(`slowest input: ${slowest.ms.toFixed(2)} ms, ${slowest.text.length} characters, ${JSON.stringify(slowest.text.slice(0, 100))}\n`)
process.exitCode = failures > 0 || slowest.ms >= inputMsMax ? 1 : 0

/** Time of the processor, in ms: that of the clock counts whatever else the machine does. */
function timed(text: string): number {
  const before = process.cpuUsage()
  screenText(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
