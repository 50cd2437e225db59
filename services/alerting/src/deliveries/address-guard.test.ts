import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAddressGuard } from './address-guard.ts'

const guard = createAddressGuard('')
const hostOf = (url: string) => new URL(url).hostname

describe('by default', () => {
  test.each([
    '0.0.0.0', '0.1.2.3', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.168.1.1',
    '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '64:ff9b::a00:1',
    '64:ff9b:1::1', '2002:a00:1::', '2001::1', '2001:db8::1', '100::1', '::ffff:10.0.0.1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:192.168.0.1', '::10.0.0.1', '', 'name', '1.2.3',
  ])('%s may not be called', (address) => {
    expect(guard.isAllowed(address)).toBe(false)
  })

  test.each([
    '1.1.1.1', '8.8.8.8', '93.184.215.14', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1', '192.167.1.1', '223.255.255.255',
    '2606:4700::1111', '2a00:1450:4001::200e', '::ffff:8.8.8.8', '::ffff:101:101', '64:ff9b::808:808',
  ])('%s may be called', (address) => {
    expect(guard.isAllowed(address)).toBe(true)
  })

  test.each([
    'http://0x7f.1/', 'http://0x7f000001/', 'http://2130706433/', 'http://017700000001/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/', 'http://[0:0:0:0:0:ffff:7f00:1]/', 'http://[::1]/',
    'http://①②⑦.0.0.1/', 'http://localhost/', 'http://LOCALHOST./', 'http://a.localhost/', 'http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/', 'http://0/',
  ])('the host of %s is refused as it stands', (url) => {
    expect(guard.isHostAllowed(hostOf(url))).toBe(false)
  })

  test.each(['https://example.com/', 'https://localhost.example.com/', 'https://8.8.8.8/', 'https://[2606:4700::1111]/'])('the host of %s is not', (url) => {
    expect(guard.isHostAllowed(hostOf(url))).toBe(true)
  })

  test('an address may be called or not however it is spelled: as a number, in octal or hexadecimal, shortened, or inside IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const bytes = address.split('.').map(Number)
        const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
        const hex = number.toString(16).padStart(8, '0')
        const spellings = [`${number}`, `0x${hex}`, `0${number.toString(8)}`, bytes.map((byte) => `0x${byte.toString(16)}`).join('.'), bytes.map((byte) => `0${byte.toString(8)}`).join('.'), `[::ffff:${address}]`, `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`]
        const expected = guard.isAllowed(address)
        for (const spelling of spellings) expect([spelling, guard.isHostAllowed(hostOf(`http://${spelling}/`))]).toEqual([spelling, expected])
      }),
      { numRuns: 300 },
    )
  })

  test('whatever is not public by a second reading of the registry may not be called', () => {
    const isInner = ([a = 0, b = 0, c = 0]: number[]) =>
      a === 0 || a === 10 || a === 127 || a >= 224 || (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) ||
      (a === 192 && b === 0 && (c === 0 || c === 2)) || (a === 192 && b === 88 && c === 99) || (a === 198 && (b === 18 || b === 19)) || (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113)
    const first = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203, 224))
    const second = fc.oneof(fc.nat(255), fc.constantFrom(0, 16, 18, 51, 64, 88, 168, 254))
    fc.assert(fc.property(first, second, fc.oneof(fc.nat(255), fc.constantFrom(0, 2, 99, 100, 113)), fc.nat(255), (...bytes) => guard.isAllowed(bytes.join('.')) === !isInner(bytes)))
    fc.assert(fc.property(fc.ipV6(), (address) => !guard.isAllowed(address) || /^[23]/.test(address) || /ffff:|ff9b/i.test(address)))
  })
})

describe('an operator', () => {
  test('allows networks by naming them, and nothing beside them', () => {
    const own = createAddressGuard(' 10.1.0.0/16, fd00::/8,127.0.0.1 ')
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '127.0.0.1', '8.8.8.8'].map(own.isAllowed)).toEqual([true, true, true, true, true])
    expect(['10.2.0.1', '127.0.0.2', 'fc00::1', '::1', '169.254.169.254'].map(own.isAllowed)).toEqual([false, false, false, false, false])
    expect([own.isHostAllowed('localhost'), own.isHostAllowed('[fd00::1]')]).toEqual([true, true])
  })

  test.each(['10.0.0.0/33', '10.0.0/8', 'intranet', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/-1', 'fe80::1%eth0', '10.0.0.0/8;fd00::/8'])('who writes "%s" is told so', (network) => {
    expect(() => createAddressGuard(`127.0.0.1,${network}`)).toThrow(`WEBHOOK_ALLOWED_NETWORKS: "${network}" is not a network`)
  })
})
