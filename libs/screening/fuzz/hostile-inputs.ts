/** A generator of pseudo-random numbers below a bound (mulberry32): the same seed gives the same inputs. */
export function createChance(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** What detectors look for: mutations are made of it. */
const pieces = [
  "'", '"', '`', '<', '>', '</', '<!', '<?', '<%', '%>', '(', ')', '[', ']', '{', '}', '{{', '}}', '${', '#{', '$(', '=', '==', ';', ':', ',', '.', '..', '../', '..\\', '/', '\\', '|', '||', '&',
  '&&', '#', '--', '/*', '*/', '/*!', '@', '@@', '%', '%25', '%2e', '%2f', '%27', '%c0%ae', '%u0027', '%%32%66', '&#x27;', '&#39', '&lt;', '&amp;', '\\u0027', '\\x27', '\\u{27}', '\u0000', '\r\n', '\n', '\t', ' ', '+',
  ' or ', ' and ', ' union ', ' select ', ' from ', ' where ', ' like ', ' order by ', '1=1', "'a'='a", 'sleep(5)', 'char(', 'drop table ', 'case when ', '0x41', '1e1',
  '<script>', 'javascript:', 'onerror=', 'style=', 'expression(', 'data:text/html', 'document.', 'alert(', 'eval(', 'src=', '<svg', '<a ', 'etc/passwd', 'proc/self', 'c:/', '.ht', 'php://', '{file}', '0x2e', './',
  'cat ', 'id', 'ping ', '/bin/', '$ifs', 'system(', 'cmd /c', '__class__', '7*7', '{%', '%}', '#set(', '<!doctype ', '<!entity ', '<![cdata[', ']]>', 'child::', '*)', '(|', '(&', '(cn=', '$ne', '$where', 'this.', 'return ',
  'set-cookie:', 'location:', 'http/1.1', '${jndi:', '${lower:', '${::-', ':-', '\u02bc', '\uff1c', '\u2215', '\ufffd', '\ud83c', '\udf7f', 'é', '映画', 'a', 'Z', '0', '9',
]

const lengths = [1, 3, 8, 20, 60, 200, 700, 2_000, 4_096, 9_000]

/** One input: random characters, one piece over and over, pieces in any order, or an ordinary text or known attack with pieces put in. */
export function hostileInput(chance: (below: number) => number, samples: readonly string[]): string {
  const length = lengths[chance(lengths.length)] ?? 1
  const piece = () => pieces[chance(pieces.length)] ?? ''
  switch (chance(5)) {
    case 0:
      return Array.from({ length: Math.min(length, 2_000) }, () => String.fromCharCode(chance(8) === 0 ? chance(65_536) : chance(128))).join('')
    case 1:
      return piece().repeat(length).slice(0, length) + piece()
    case 2:
      return (piece() + piece() + piece()).repeat(length).slice(0, length)
    case 3:
      return Array.from({ length: Math.ceil(length / 4) }, piece).join('')
    default:
      return mutate(samples[chance(Math.max(1, samples.length))] ?? '', chance, piece)
  }
}

function mutate(text: string, chance: (below: number) => number, piece: () => string): string {
  let mutated = text.slice(0, 4_000)
  for (let times = 1 + chance(6); times > 0; times--) {
    const at = chance(mutated.length + 1)
    const end = Math.min(mutated.length, at + chance(6))
    mutated = mutated.slice(0, at) + (chance(3) === 0 ? piece().repeat(1 + chance(400)) : piece()) + mutated.slice(end)
  }
  return mutated
}
