import { describe, expect, test } from '@jest/globals'
import { mayEnter } from './unprivileged-user.ts'

const open = { mode: 0o40755, uid: 0, gid: 0 }

describe('whether a user may walk through folders', () => {
  test('one closed folder on the way is enough to keep a stranger out', () => {
    expect(mayEnter([open, open], { uid: 101, gid: 104 })).toBe(true)
    expect(mayEnter([open, { ...open, mode: 0o40700 }, open], { uid: 101, gid: 104 })).toBe(false)
  })

  test('the owner, then the group, then everybody decides, and nobody falls through to the next', () => {
    const folder = { mode: 0o40710, uid: 7, gid: 8 }
    expect(mayEnter([folder], { uid: 7, gid: 1 })).toBe(true)
    expect(mayEnter([folder], { uid: 1, gid: 8 })).toBe(true)
    expect(mayEnter([{ ...folder, mode: 0o40001 }], { uid: 7, gid: 8 })).toBe(false)
    expect(mayEnter([{ ...folder, mode: 0o40001 }], { uid: 1, gid: 8 })).toBe(false)
    expect(mayEnter([{ ...folder, mode: 0o40001 }], { uid: 1, gid: 1 })).toBe(true)
  })
})
