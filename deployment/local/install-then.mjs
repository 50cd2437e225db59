// Runs on whatever Node a machine has, before anything is installed: installs the packages when they are missing or
// outdated, then runs a TypeScript file with the Node release that is one of them.
// Plain and old-fashioned on purpose, so that even a Node that is too old gets as far as saying so.
import { spawn, spawnSync } from 'child_process'
import { createHash } from 'crypto'
import { existsSync, readFileSync, writeFileSync } from 'fs'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

const releaseMin = 20
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const modules = join(root, 'node_modules')
const node = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const stamp = join(modules, '.install-stamp')

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (_) {
    return undefined
  }
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(lockfile).packages || {}
  } catch (_) {
    return {}
  }
}

/** npm leaves its own account of what it installed; whoever ran npm by hand shouldn't have to wait for it again. */
function installedByHand(lockfile) {
  const wanted = packagesOf(lockfile)
  const present = packagesOf(read(join(modules, '.package-lock.json')) || '')
  return Object.keys(wanted).every((path) => {
    const { version, optional, integrity } = wanted[path]
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true
    const found = present[path]
    if (found === undefined) return optional === true
    return found.version === version && found.integrity === integrity
  })
}

function install() {
  const lockfile = read(join(root, 'package-lock.json'))
  if (lockfile === undefined) fail('package-lock.json is missing: run this in a complete checkout')
  const hash = createHash('sha256').update(lockfile).digest('hex')
  if (existsSync(node) && read(stamp) === hash) return
  if (!existsSync(node) || !installedByHand(lockfile)) {
    // Not to stdout, which belongs to the program.
    process.stderr.write('installing packages (npm ci, once) …\n')
    const startedAt = Date.now()
    const npm = process.env.npm_execpath
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
    const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
    const done = npm && npm.endsWith('.js') ? spawnSync(process.execPath, [npm].concat(args), options) : spawnSync('npm', args, options)
    if (done.error && done.error.code === 'ENOENT') fail('npm was not found: install Node.js with npm')
    if (done.signal === 'SIGINT' || done.signal === 'SIGTERM') process.exit(130)
    if (done.status !== 0) {
      process.stderr.write(`${done.stdout || ''}${done.stderr || ''}`)
      fail('the packages could not be installed; what npm said is above')
    }
    if (!existsSync(node)) fail('npm ci did not install its own Node.js: it must be allowed to run install scripts (ignore-scripts is on)')
    process.stderr.write(`installed packages in ${Math.round((Date.now() - startedAt) / 1000)} s\n`)
  }
  writeFileSync(stamp, hash)
}

function run(file, args) {
  const quiet = ['ExperimentalWarning', 'TimeoutNegativeWarning'].map((name) => `--disable-warning=${name}`)
  // The channel is how the program notices that this process was killed.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(node, quiet.concat([file], args), { stdio, shell: process.platform === 'win32' })
  let forwardedAt = -Infinity
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) {
    process.on(signal, () => {
      // One Ctrl-C arrives from the terminal and again from npm, and the child has it from the terminal, too.
      if (Date.now() - forwardedAt < 1000) return
      forwardedAt = Date.now()
      child.kill(signal)
    })
  }
  child.on('error', (error) => fail(`${node} can't be run: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

if (Number(process.versions.node.split('.')[0]) < releaseMin) {
  fail(`Node.js ${process.versions.node} is too old: install release ${releaseMin} or newer from https://nodejs.org`)
}
if (process.argv[2] === undefined) fail('usage: node deployment/local/install-then.mjs FILE.ts [arguments]')
install()
run(process.argv[2], process.argv.slice(3))
