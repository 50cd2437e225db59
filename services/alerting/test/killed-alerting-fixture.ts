import { appendFileSync, readFileSync } from 'node:fs'
import { alertChanged } from '@ott/contracts/alert-changed'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { readSettings } from '@ott/service/settings'
import { runProcess } from '@ott/service/run-process'
import { startService, type OpenBus } from '@ott/service/define-service'
import { alertingService } from '../src/service.ts'

/** The alerting process, which dies without a word at the first occurrence of a step, once in the life of KILL_NOTE: its successor lives. */
const { KILL_AT: killAt = '', KILL_NOTE: note = '' } = process.env

function reached(step: string): void {
  if (step !== killAt || readFileSync(note, 'utf8') !== '') return
  appendFileSync(note, step)
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way: nothing more is to happen here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** What the stage tells is told once its rows are kept. */
const openBus: OpenBus = async ({ KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: topicPrefix }, clientId, log) => {
  const bus = await createKafkaBus({ brokers, clientId, topicPrefix, log })
  return {
    ...bus,
    publish(records) {
      if (records.some(({ topic }) => topic === alertChanged.topic)) reached('stored')
      return bus.publish(records)
    },
  }
}

const service = alertingService({ onStep: reached })
await runProcess(service.name, () => startService(service, readSettings(service.settings, process.env), openBus))
