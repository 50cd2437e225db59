import { randomBytes } from 'node:crypto'
import { standardNormals } from '@ott/anomaly/standard-normals'

/**
 * Standard normal numbers that nobody can repeat: a seed could be tried out, and the noise be taken off again.
 * @param bytesOf so many random bytes; the system's where it isn't said
 */
export function secretNoise(bytesOf: (count: number) => Buffer = randomBytes): { normal(): number } {
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0
  return {
    normal: standardNormals(() => {
      if (at === bytes.length) {
        bytes = bytesOf(8_192)
        at = 0
      }
      const value = Number(bytes.readBigUInt64LE(at) >> 11n) / 2 ** 53
      at += 8
      return value
    }),
  }
}
