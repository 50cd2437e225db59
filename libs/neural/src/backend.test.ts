import { expect, test } from '@jest/globals'
import { presentBackends } from './backend.ts'
import { describeBackend } from './conformance/backend-conformance.ts'
import { residualNetwork } from './lstm/residual-network.ts'
import { sampleNetwork } from './sample-network-fixture.ts'

const backends = await presentBackends()
for (const backend of backends) {
  for (const network of [sampleNetwork, residualNetwork]) describeBackend(backend, network)
}

test('onnxruntime, wasm and plain JavaScript are there on every machine that runs the tests', () => {
  expect(backends.map(({ name }) => name)).toEqual(expect.arrayContaining(['onnxruntime', 'tfjs-wasm', 'tfjs-cpu']))
})
