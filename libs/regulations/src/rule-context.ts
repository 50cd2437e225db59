import type { ConsentReader, ConsentSignals } from '@ott/consent-signals/consent-reader'
import type { JudgedEvent } from './evaluate.ts'

/** What a condition sees of one event. The consent signals are read when a condition first asks for them. */
export class RuleContext {
  event: JudgedEvent
  readonly #reader: ConsentReader
  #consent: ConsentSignals | undefined

  constructor(event: JudgedEvent, reader: ConsentReader) {
    this.event = event
    this.#reader = reader
  }

  get consent(): ConsentSignals {
    return (this.#consent ??= this.#reader.read(this.event.data))
  }
}
