import { expect, test } from '@jest/globals'
import { workspaceClosure, type Manifest } from './workspace-closure.ts'

const manifests: readonly Manifest[] = [
  { name: 'shop', dependencies: { shelf: '*', express: '^5' }, ...{ devDependencies: { bench: '*' } } },
  { name: 'shelf', dependencies: { board: '*' } },
  { name: 'board', dependencies: { shelf: '*' } },
  { name: 'bench' },
]

test('a workspace brings those it needs, through others and in circles, and nothing of what only develops it', () => {
  expect([...workspaceClosure('shop', manifests)].sort()).toEqual(['board', 'shelf', 'shop'])
  expect([...workspaceClosure('bench', manifests)]).toEqual(['bench'])
})

test('an unknown workspace is an error that names it', () => {
  expect(() => workspaceClosure('none', manifests)).toThrow('none is no workspace')
})
