import { createHash } from 'node:crypto'

/** The largest artefact that is kept or read, in bytes. */
export const artefactBytesMax = 64 * 1_024 * 1_024

/** An artefact by its content. */
export interface ArtefactAddress {
  readonly sha256: string
  readonly sizeBytes: number
}

/**
 * Keeps the bytes of trained models by what they contain: the same bytes have the same address, and what has an address never changes.
 * Each tenant's are apart from the others'. Throws a TransientError while the store doesn't answer, and otherwise an {@link ArtefactError}.
 */
export interface ArtefactStore {
  /** Keeps an artefact; repeatable. Resolves when it can be read. */
  put(tenantId: string, bytes: Uint8Array): Promise<ArtefactAddress>
  /** Reads an artefact whose bytes are those of its address: anything else is `corrupt`. */
  get(tenantId: string, address: ArtefactAddress): Promise<Uint8Array>
}

/** Also the label of a metric. */
export type ArtefactFault = 'missing' | 'corrupt' | 'too-large' | 'refused'

/** An artefact can't be kept or read, and asking again won't help until somebody has mended the store. */
export class ArtefactError extends Error {
  override name = 'ArtefactError'
  readonly fault: ArtefactFault

  constructor(fault: ArtefactFault, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.fault = fault
  }
}

/** Address of bytes that are to be kept. An ArtefactError for none, and for more than {@link artefactBytesMax}. */
export function addressOf(bytes: Uint8Array): ArtefactAddress {
  if (bytes.length === 0) throw new ArtefactError('refused', 'an artefact has at least one byte')
  if (bytes.length > artefactBytesMax) throw new ArtefactError('too-large', `an artefact has at most ${artefactBytesMax} bytes, and this one ${bytes.length}`)
  return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
}

/** Returns the bytes when they are what the address says. */
export function verified(bytes: Uint8Array, { sha256 }: ArtefactAddress): Uint8Array {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new ArtefactError('corrupt', `the bytes kept as ${sha256} are others`)
  return bytes
}

/** `acme/3f/3f79…`: where a store keeps it. An ArtefactError for what is no tenant or no hash, so that no path leads elsewhere. */
export function placeOf(tenantId: string, sha256: string): string {
  if (!/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/.test(tenantId) || !/^[0-9a-f]{64}$/.test(sha256)) throw new ArtefactError('refused', 'the address of an artefact is a tenant and a SHA-256')
  return `${tenantId}/${sha256.slice(0, 2)}/${sha256}`
}
