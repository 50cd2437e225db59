import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { AttackClass } from './attack-class.ts'
import { screenText } from './screen-text.ts'

/** Labelled payloads that lie beside the project and are no part of it. Without them these tests are skipped. */
const folder = new URL('../../../../shared/data/attacks/', import.meta.url)
const testWithCorpora = existsSync(folder) ? test : test.skip

interface Payload {
  readonly text: string
  readonly label: string
}

function httpParameters(): Payload[] {
  const lines = readFileSync(new URL('httpparams_train.csv', folder), 'utf8').matchAll(/^"(.*)","\d+","([a-z-]+)","(?:norm|anom)"\r?$/gm)
  return [...lines].map(([, text = '', label = '']) => ({ text: text.replaceAll('""', '"'), label }))
}

function intruderPayloads(): Payload[] {
  const lines = readFileSync(new URL('patt_intruder.jsonl', folder), 'utf8').split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as { payload: string; label: string }).map(({ payload, label }) => ({ text: payload, label }))
}

/** The share of payloads that are found, as anything or as what they are labelled. */
function share(payloads: readonly Payload[], isFound: (classes: readonly AttackClass[], label: string) => boolean): number {
  return payloads.filter(({ text, label }) => isFound(screenText(text), label)).length / payloads.length
}

const asAnything = (classes: readonly AttackClass[]) => classes.length > 0
const asLabelled = (classes: readonly AttackClass[], label: string) => classes.includes(label as AttackClass)

testWithCorpora('of 20,712 HTTP parameters at least 97 % of the attacks are found, and at most 1 % of the others are taken for attacks', () => {
  const all = httpParameters()
  expect(all.length).toBe(20_712)
  expect(share(all.filter(({ label }) => label === 'norm'), asAnything)).toBeLessThanOrEqual(0.01)
  expect(share(all.filter(({ label }) => label !== 'norm'), asAnything)).toBeGreaterThanOrEqual(0.97)
  for (const [label, least] of Object.entries({ sqli: 0.99, xss: 0.97, 'path-traversal': 0.95, cmdi: 0.9 })) {
    expect([label, share(all.filter((payload) => payload.label === label), asLabelled) >= least]).toEqual([label, true])
  }
})

testWithCorpora("of the intruder payloads, fragments among them, each class's share is found", () => {
  const all = intruderPayloads()
  for (const [label, least] of Object.entries({ sqli: 0.92, xss: 0.9, 'path-traversal': 0.95, cmdi: 0.9, ssti: 0.95, xxe: 0.9, nosqli: 0.9 })) {
    expect([label, share(all.filter((payload) => payload.label === label), asAnything) >= least]).toEqual([label, true])
  }
})
