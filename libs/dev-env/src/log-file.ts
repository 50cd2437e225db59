import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const logBytesMax = 50 * 1_024 * 1_024

/** Opens a log to append to and returns its descriptor. One that has grown past 50 MB becomes `<file>.1` first. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file) && statSync(file).size > logBytesMax) renameSync(file, `${file}.1`)
  return openSync(file, 'a')
}

/** How long a log is at this moment, in bytes. */
export function sizeOfLog(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** The last lines of a log, at most 8 KiB, and none of what was there before `fromByte`; empty when there is no such file. */
export function tailOf(file: string, fromByte = 0, linesMax = 12): string {
  if (!existsSync(file)) return ''
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    // A log that is shorter than it was has been put aside meanwhile: all of it is new.
    const start = Math.max(size < fromByte ? 0 : fromByte, size - 8_192)
    const bytes = Buffer.alloc(size - start)
    readSync(descriptor, bytes, 0, bytes.length, start)
    return bytes.toString('utf8').trimEnd().split('\n').slice(-linesMax).join('\n')
  } finally {
    closeSync(descriptor)
  }
}
