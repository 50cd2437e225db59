/** Reads numbers from base64url text, six bits a character. Past the end, and at a character outside the alphabet, it has ended. */
export class BitReader {
  readonly #text: string
  #position: number
  #ended = false

  constructor(text: string, position = 0) {
    this.#text = text
    this.#position = position
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The next `count` bits as a number, highest first; 0 once it has ended. */
  read(count: number): number {
    let value = 0
    for (let bit = 0; bit < count; bit++, this.#position++) {
      const six = sixBitsAt(this.#text, Math.floor(this.#position / 6))
      if (six === -1) {
        this.#ended = true
        return 0
      }
      value = value * 2 + ((six >> (5 - (this.#position % 6))) & 1)
    }
    return value
  }

  skip(count: number): void {
    this.#position += count
  }
}

/** -1 for none. */
function sixBitsAt(text: string, index: number): number {
  const code = text.charCodeAt(index)
  if (code >= 65 && code <= 90) return code - 65
  if (code >= 97 && code <= 122) return code - 71
  if (code >= 48 && code <= 57) return code + 4
  if (code === 45) return 62
  return code === 95 ? 63 : -1
}
