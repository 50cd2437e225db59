import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { type NeuralBackend, onnxruntimeBackend, tensorflowBackend } from '@ott/neural/backend'
import { residualNetwork } from '@ott/neural/lstm/residual-network'
import { forecastHours, windowFeatures, windowHours } from '@ott/neural/lstm/residual-windows'
import type * as residualTraining from '@ott/neural/lstm/train-residual-network'
import type { NetworkDefinition } from '@ott/neural/network-definition'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import { trainInWorker } from '@ott/neural/train-in-worker'
import { transformerNetwork } from '@ott/neural/transformer/transformer-network'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'

/**
 * `npm run bench -- --stage networks`: how long the networks take to answer, by onnxruntime and, for the ratio, by what trained them; and how long
 * the LSTM takes to train in its worker, and this process to notice. Latencies are of the best round: what else the machine does is not theirs.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    windows: { type: 'string', default: '5000' },
    epochs: { type: 'string', default: '5' },
  },
})
const rounds = Number(values.rounds)
const print = (line: string) => process.stdout.write(`${line}\n`)

const networks: readonly { readonly network: NetworkDefinition; readonly p50MsBar: number }[] = [
  { network: residualNetwork, p50MsBar: 0.2 },
  { network: transformerNetwork(viewerTransformer), p50MsBar: 0.5 },
]

/** Milliseconds of an answer to `rows` rows: of the round with the lowest median, that and the 99th percentile. */
async function latency(backend: NeuralBackend, network: NetworkDefinition, rows: number): Promise<{ p50: number; p99: number }> {
  const { tf } = await openTensorflow('wasm')
  const built = network.build(tf, 1)
  const served = await backend.open(network, built.weights())
  built.dispose()
  const random = seededRandom(rows)
  const batch = Float32Array.from({ length: network.input.shape.reduce((product, size) => product * size, rows) }, () => random.normal())
  const answers = Math.ceil((backend.name === 'onnxruntime' ? 2000 : 40) / Math.sqrt(rows))
  let best = { p50: Infinity, p99: Infinity }
  for (let round = 0; round < rounds; round += 1) {
    const took: number[] = []
    for (let answer = 0; answer < answers; answer += 1) {
      const askedAtMs = performance.now()
      await served.predict(batch, rows)
      took.push(performance.now() - askedAtMs)
    }
    took.sort((a, b) => a - b)
    const [p50, p99] = [took[Math.floor(answers * 0.5)]!, took[Math.floor(answers * 0.99)]!]
    if (p50 < best.p50) best = { p50, p99 }
  }
  await served.close()
  return best
}

const { tf } = await openTensorflow('wasm')
const [onnxruntime, wasm] = [await onnxruntimeBackend(), tensorflowBackend(tf, 'wasm')]
for (const { network, p50MsBar } of networks) {
  for (const rows of [1, 64]) {
    const [served, trained] = [await latency(onnxruntime, network, rows), await latency(wasm, network, rows)]
    const bar = rows === 1 ? ` (at most ${p50MsBar})` : ''
    print(
      `${network.name}, batch ${rows}: p50 ${served.p50.toFixed(3)} ms${bar}, p99 ${served.p99.toFixed(3)} ms; ` +
        `${wasm.name} ${trained.p50.toFixed(2)} ms, ${Math.round(trained.p50 / served.p50)} times as long`,
    )
  }
}

const [count, epochs] = [Number(values.windows), Number(values.epochs)]
const random = seededRandom(1)
const examples = {
  windows: Float32Array.from({ length: count * windowHours * windowFeatures }, () => random.normal()),
  targets: Float32Array.from({ length: count * forecastHours }, () => random.normal()),
  count,
}
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const startedAtMs = performance.now()
await trainInWorker<typeof residualTraining>({
  module: new URL(import.meta.resolve('@ott/neural/lstm/train-residual-network')),
  options: { examples, epochs, seed: 1 },
  onProgress: ({ epoch, loss }) => process.stderr.write(`epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}\n`),
})
const tookS = (performance.now() - startedAtMs) / 1000
delay.disable()
print(
  `${residualNetwork.name}, ${count} windows x ${epochs} epochs: trained in ${tookS.toFixed(1)} s (at most 60); ` +
    `this event loop waited ${(delay.percentile(99) / 1e6).toFixed(1)} ms at the 99th percentile meanwhile`,
)
