import { expect, test } from '@jest/globals'
import { createConsentReader } from './consent-reader.ts'
import { aGppString, aTcString } from './consent-strings-fixture.ts'
import { TcfConsent } from './tcf-consent.ts'

const gppString = aGppString({ usca: { SaleOptOut: 1, Gpc: true } })

test('a string is decoded once while it is kept, and again after others took its place', () => {
  const { read } = createConsentReader({ cacheEntriesMax: 2 })
  const tcf = (tcString: string) => read({ tcString }).tcf
  const first = tcf(aTcString)
  expect(tcf(aTcString)).toBe(first)
  tcf('another')
  expect(tcf(aTcString)).toBe(first)
  tcf('a third')
  expect(tcf(aTcString)).toBe(first)
  tcf('a fourth')
  tcf('a fifth')
  expect(tcf(aTcString)).not.toBe(first)
})

test('two readers share nothing', () => {
  const [one, other] = [createConsentReader({ cacheEntriesMax: 9 }), createConsentReader({ cacheEntriesMax: 9 })]
  expect(one.read({ gppString }).gpp).not.toBe(other.read({ gppString }).gpp)
})

test('a reader that keeps nothing reads all the same', () => {
  const { read } = createConsentReader({ cacheEntriesMax: 0 })
  expect(read({ tcString: aTcString }).tcf.purpose(4)).toBe(true)
})

test('the TC string inside a GPP string stands in for one of its own, and only then', () => {
  const { read } = createConsentReader({ cacheEntriesMax: 9 })
  const [header] = aGppString({ tcfeuv2: { CmpId: 5 } }).split('~')
  const inside = `${header}~${aTcString}`
  expect(read({ gppString: inside }).tcf).toMatchObject({ present: true, valid: true, cmpId: 252n })
  expect(read({ gppString: inside, tcString: 'garbage' }).tcf).toMatchObject({ present: true, valid: false })
  expect(read({ gppString }).tcf).toBe(TcfConsent.absent)
})

test('GPC is told by the event itself or by its GPP string', () => {
  const { read } = createConsentReader({ cacheEntriesMax: 9 })
  const silent = aGppString({ usca: { SaleOptOut: 1 } })
  const told = [{}, { gpc: false }, { gpc: true }, { gppString }, { gppString, gpc: false }, { gppString: silent }, { gpc: 'yes' }]
  expect(told.map((data) => read(data).gpc)).toEqual([false, false, true, true, true, false, false])
})

test('what is no string is malformed, and null is absent', () => {
  const { read } = createConsentReader({ cacheEntriesMax: 9 })
  expect(read({ tcString: 7, gppString: {} })).toMatchObject({ tcf: { present: true, valid: false }, gpp: { present: true, valid: false } })
  expect(read({ tcString: null, gppString: null })).toMatchObject({ tcf: { present: false }, gpp: { present: false }, vppa: { present: false } })
})
