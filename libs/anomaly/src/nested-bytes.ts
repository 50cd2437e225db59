import { arrayOf, DetectorBytesError, type ModelContent } from './detector-bytes.ts'

/** A model's bytes as an array of another model's content. @throws RangeError when they aren't whole words; those of `toDetectorBytes` are */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer)
}

/** The inner model's bytes. @throws DetectorBytesError when they aren't there */
export function nestedBytes(content: ModelContent, name: string): Uint8Array {
  return new Uint8Array(arrayOf(content, name, 'Uint32Array').buffer)
}

/** Reads a part of a model and lets its faults be those of the bytes. @throws DetectorBytesError */
export function readPart<Part>(name: string, read: () => Part): Part {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new DetectorBytesError(`${name}: ${error.message}`)
    throw error
  }
}
