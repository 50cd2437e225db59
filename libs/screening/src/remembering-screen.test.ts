import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { rememberingScreen } from './remembering-screen.ts'
import { screenText } from './screen-text.ts'

const texts = ['data', 'contentId', 'OttPlayer/6.9 (Tizen 8.0; Samsung TV)', "' or 1=1 --", '<script>alert(1)</script>', '../../etc/passwd', "O'Brien", 'x'.repeat(300)]

test('what is remembered changes no answer, however often and in whatever order texts come', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 30 })), { maxLength: 60 }), (asked) => {
      const screen = rememberingScreen(3)
      for (const text of asked) expect([text, [...screen(text)]]).toEqual([text, screenText(text)])
    }),
  )
})
