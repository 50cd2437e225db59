import { BlockList, isIP } from 'node:net'

/** Says which addresses the platform may call when others name them. */
export interface AddressGuard {
  /** False for an address inside the installation, or inside any other network that is not the public one. */
  isAllowed(address: string): boolean
  /** False when the host of a URL says by itself that it lies inside: an address in any spelling, or `localhost`. Other names are resolved first. */
  isHostAllowed(hostname: string): boolean
}

/** IPv4 networks that aren't the public internet (IANA IPv4 Special-Purpose Address Registry, RFC 6890; multicast RFC 5771). */
const innerNetworks = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3],
] as const

/** What is public of IPv6 (RFC 4291, section 2.4), and what of that isn't: protocol assignments with Teredo, documentation, 6to4. */
const globalUnicast = ['2000::', 3] as const
const innerOfGlobal = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const

const networksMax = 100

/**
 * @param allowedNetworks networks that the operator lets be called though they are inner: `10.1.0.0/16, fd00::/8, 127.0.0.1`
 * @throws Error that quotes the network that can't be read
 */
export function createAddressGuard(allowedNetworks: string): AddressGuard {
  const [inner, global] = [new BlockList(), new BlockList()]
  for (const [network, prefix] of innerNetworks) inner.addSubnet(network, prefix, 'ipv4')
  for (const [network, prefix] of innerOfGlobal) inner.addSubnet(network, prefix, 'ipv6')
  global.addSubnet(...globalUnicast, 'ipv6')
  const allowed = readNetworks(allowedNetworks)
  const isAllowed = (address: string): boolean => {
    const bare = innermost(address)
    const family = isIP(bare)
    // An address with a zone (`fe80::1%eth0`) belongs to a link.
    if (family === 0 || bare.includes('%')) return false
    if (family === 4) return allowed.check(bare, 'ipv4') || !inner.check(bare, 'ipv4')
    return allowed.check(bare, 'ipv6') || (global.check(bare, 'ipv6') && !inner.check(bare, 'ipv6'))
  }
  return {
    isAllowed,
    isHostAllowed(hostname) {
      const bare = bareHost(hostname)
      if (isIP(bare) !== 0) return isAllowed(bare)
      // RFC 6761, section 6.3: these names mean this machine.
      return !/(^|\.)localhost\.?$/i.test(bare) || isAllowed('127.0.0.1')
    },
  }
}

/** The host of a URL as the resolver takes it: without the brackets of an IPv6 address. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The IPv4 address inside an IPv6 one: mapped (`::ffff:0:0/96`) or for a translator (`64:ff9b::/96`, RFC 6052). Any other stays. */
function innermost(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address
  const words = wordsOf(address)
  const head = words.slice(0, 6).join(':')
  if (head !== '0:0:0:0:0:65535' && head !== '100:65435:0:0:0:0') return address
  return words.slice(6).flatMap((word) => [word >> 8, word & 255]).join('.')
}

/** The eight words of an IPv6 address; the URL parser writes an IPv4 tail in hexadecimal. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const read = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  const [front, back] = [read(head), read(tail ?? '')]
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}

function readNetworks(text: string): BlockList {
  const networks = text.split(',').map((part) => part.trim()).filter((part) => part !== '')
  if (networks.length > networksMax) throw new Error(`WEBHOOK_ALLOWED_NETWORKS: at most ${networksMax} networks, not ${networks.length}`)
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/')
    const family = address.includes('%') ? 0 : isIP(address)
    const bits = family === 4 ? 32 : 128
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
    if (family === 0 || rest.length > 0 || !(length <= bits)) throw new Error(`WEBHOOK_ALLOWED_NETWORKS: "${network}" is not a network such as 10.1.0.0/16 or fd00::/8`)
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
