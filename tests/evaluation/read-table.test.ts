import { expect, test } from '@jest/globals'
import { parseTable, readTable } from './read-table.ts'

const parse = (text: string, label = 'label') => parseTable(text, 'data.csv', label)

test('numbers come row by row, the label apart from them wherever it stands', () => {
  expect(parse('a,label,b\n1,0,-2.5\n.5,1,1e3\n')).toEqual({
    columns: ['a', 'b'],
    rows: { values: Float64Array.of(1, -2.5, 0.5, 1000), rowCount: 2, columnCount: 2 },
    labels: Uint8Array.of(0, 1),
  })
})

test('a byte order mark, carriage returns, quotes and empty lines at the end are no part of the data', () => {
  expect(parse('\uFEFF"x","label"\r\n"7",1.0\r\n\r\n')).toEqual(parse('x,label\n7,1'))
})

test.each([
  ['an absent label', 'a,b\n1,2', 'data.csv:1: there is no column label for the label, only a, b'],
  ['nothing but the label', 'label\n1', 'data.csv:1: there is no column but the label'],
  ['a name that is there twice', 'a,a,label\n1,2,0', 'data.csv:1: the column a is there twice'],
  ['no rows', 'a,label\n', 'data.csv: no rows follow the header'],
  ['an empty file', '', 'data.csv:1: there is no column label'],
  ['a row that is short', 'a,label\n1,0\n2', 'data.csv:3: 1 cells, the header has 2'],
  ['an empty line within', 'a,label\n1,0\n\n2,0', 'data.csv:3: 1 cells, the header has 2'],
  ['a word', 'a,label\n1,0\nnone,1', "data.csv:3:a: 'none' is no finite number"],
  ['an empty cell', 'a,label\n,0', "data.csv:2:a: '' is no finite number"],
  ['what only JavaScript takes for a number', 'a,label\n0x10,0', "data.csv:2:a: '0x10' is no finite number"],
  ['a number beyond all bounds', 'a,label\n1e999,0', "data.csv:2:a: '1e999' is no finite number"],
  ['a label of a third kind', 'a,label\n1,2', 'data.csv:2:label: 2 is neither 0 nor 1'],
])('%s is refused with its place', (_, text, message) => {
  expect(() => parse(text)).toThrow(message)
})

test('a file that is absent is named', async () => {
  await expect(readTable('/absent/data.csv', 'label')).rejects.toThrow("/absent/data.csv can't be read: ENOENT")
})
