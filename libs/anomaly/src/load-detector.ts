import { DetectorBytesError, kindOfDetectorBytes } from './detector-bytes.ts'
import { detectorKinds, type Detector, type DetectorKind } from './detector.ts'
import { isolationForestFrom } from './isolation-forest.ts'
import { localOutlierFactorFrom } from './local-outlier-factor.ts'
import { statisticalDetectorFrom } from './statistical-detector.ts'

const readers: Record<DetectorKind, (bytes: Uint8Array) => Detector> = {
  iforest: isolationForestFrom,
  lof: localOutlierFactorFrom,
  statistical: statisticalDetectorFrom,
}

/** The detector whose `toBytes` wrote these, of whatever kind. @throws DetectorBytesError when none did, or they are damaged */
export function loadDetector(bytes: Uint8Array): Detector {
  const kind = kindOfDetectorBytes(bytes)
  const known = detectorKinds.find((name) => name === kind)
  if (known === undefined) throw new DetectorBytesError(`these bytes are a model of kind ${kind}, none of ${detectorKinds.join(', ')}`)
  return readers[known](bytes)
}
