import kafkajs, { type ICustomPartitioner } from 'kafkajs'

const { Partitioners } = kafkajs

const seed = 0x9747b28c
const mixer = 0x5bd1e995

/**
 * Chooses a record's partition as the Java client does: by MurmurHash2 of its key (Appleby; `Utils.murmur2` in Apache Kafka).
 * kafkajs counts in objects of 64 bits, dozens for each key; what has no key is left to it.
 */
export const keyPartitioner: ICustomPartitioner = () => {
  const ofClient = Partitioners.DefaultPartitioner()
  return (args) => {
    const { key, partition } = args.message
    if (key === null || key === undefined || (partition !== null && partition !== undefined)) return ofClient(args)
    return partitionOfKey(key, args.partitionMetadata.length)
  }
}

/** The partition, of so many, that records with this key are in. */
export function partitionOfKey(key: Buffer | string, partitions: number): number {
  return (murmur2(Buffer.isBuffer(key) ? key : Buffer.from(key)) & 0x7fffffff) % partitions
}

function murmur2(bytes: Buffer): number {
  const { length } = bytes
  const wholeWords = length - (length % 4)
  let hash = seed ^ length
  for (let at = 0; at < wholeWords; at += 4) {
    const word = Math.imul(bytes.readInt32LE(at), mixer)
    hash = Math.imul(hash, mixer) ^ Math.imul(word ^ (word >>> 24), mixer)
  }
  if (length > wholeWords) {
    for (let at = length - 1; at >= wholeWords; at--) hash ^= (bytes[at] ?? 0) << (8 * (at - wholeWords))
    hash = Math.imul(hash, mixer)
  }
  hash = Math.imul(hash ^ (hash >>> 13), mixer)
  return hash ^ (hash >>> 15)
}
