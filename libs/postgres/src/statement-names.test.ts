import { expect, test } from '@jest/globals'
import { nameStatements } from './statement-names.ts'

test('inserts are named, each text once, also those that begin with what they insert', () => {
  const nameOf = nameStatements()
  expect([nameOf('insert into t values ($1)'), nameOf(' with given as (select 1), more as (\n insert into u select 1 returning n) insert into t select * from more'), nameOf('insert into t values ($1)')]).toEqual(['s1', 's2', 's1'])
})

test('what looks rows up is planned each time', () => {
  const nameOf = nameStatements()
  for (const text of ['select * from t', 'with recursive found as (select 1) select * from found', 'with found as (select 1) select * from found', 'update t set n = 1', 'delete from t']) expect(nameOf(text)).toBeUndefined()
})
