import type { CsvMapping } from './csv-mapping.ts'
import { linesOf } from './lines.ts'

/** A CloudEvent as the connector made it, or, for `jsonl`, as its producer wrote it (unchecked). */
export type ReplayedEvent = Readonly<Record<string, unknown>>

/** What one entry of a log turned out to be. */
export type Reading =
  | { readonly kind: 'event'; readonly event: ReplayedEvent }
  | {
      readonly kind: 'skipped'
      /** Short kebab-case text from a small fixed set per format: fit for counting. Never holds anything from the line. */
      readonly reason: string
      /** The field that made the entry unusable, where there is one. */
      readonly field?: string
    }

export interface NumberedReading {
  /** 1 is the first line of the file; of an entry that spans lines, its first. */
  readonly lineNumber: number
  readonly reading: Reading
}

/** Turns a log of one format into CloudEvents. */
export interface Connector {
  readonly format: string
  /**
   * One reading per entry (a line, or a CSV record), in the order of the file; nothing is left out silently.
   * No content makes it throw, with one exception: a CSV header that lacks a mapped column ({@link CsvColumnMissing}).
   * Errors of the source itself pass through. Memory is bounded whatever the file holds.
   */
  readings(source: AsyncIterable<Uint8Array | string>): AsyncIterable<NumberedReading>
}

/** A connector whose entries are single lines. */
export interface LineConnector extends Connector {
  /** Reads one line without its line break. Never throws. */
  read(line: string, lineNumber: number): Reading
}

export interface ConnectorOptions {
  /** The log's file name; its base name goes into the ids, its folder doesn't, so that a moved log keeps its ids. */
  readonly fileName: string
  /** The year of the first line, for logs that leave it out (`sshd`). */
  readonly year?: number | undefined
  /** What the columns mean (`csv`). */
  readonly mapping?: CsvMapping | undefined
}

export type ConnectorFactory = (options: ConnectorOptions) => Connector

/** A format was asked for without an option that it needs. The message is a sentence for the person at the terminal. */
export class ConnectorOptionMissing extends Error {
  override readonly name = 'ConnectorOptionMissing'
}

export function skipped(reason: string, field?: string): Reading {
  return field === undefined ? { kind: 'skipped', reason } : { kind: 'skipped', reason, field }
}

/** Builds a connector from what reads one line; blank and over-long lines are dealt with here. */
export function lineConnector(format: string, readLine: (line: string, lineNumber: number) => Reading): LineConnector {
  const read = (line: string, lineNumber: number) => (line.trim() === '' ? skipped('blank') : readLine(line, lineNumber))
  return {
    format,
    read,
    async *readings(source) {
      for await (const { lineNumber, text } of linesOf(source)) {
        yield { lineNumber, reading: text === undefined ? skipped('line-too-long') : read(text, lineNumber) }
      }
    },
  }
}
