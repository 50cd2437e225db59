import Box from '@mui/material/Box'
import Table from '@mui/material/Table'
import TableBody from '@mui/material/TableBody'
import TableCell from '@mui/material/TableCell'
import TableHead from '@mui/material/TableHead'
import TableRow from '@mui/material/TableRow'
import { useState, type ReactNode } from 'react'
import { TextButton } from './text-button.tsx'

interface ChartFigureProps {
  /** What the picture shows, with its main figures. */
  readonly summary: string
  readonly columns: readonly [string, string]
  readonly rows: readonly (readonly [string, string])[]
  readonly children: ReactNode
}

/** A chart with the same figures as a table: the picture is for the eyes alone. */
export function ChartFigure({ summary, columns, rows, children }: ChartFigureProps) {
  const [shown, setShown] = useState(false)
  return (
    <Box component="figure" sx={{ m: 0 }}>
      <Box role="img" aria-label={summary}>
        <Box aria-hidden>{children}</Box>
      </Box>
      <TextButton expanded={shown} onClick={() => setShown(!shown)}>
        {shown ? 'Hide the figures' : 'Show the figures'}
      </TextButton>
      {shown && (
        <Table size="small" aria-label={summary}>
          <TableHead>
            <TableRow>
              {columns.map((column, place) => (
                <TableCell key={column} align={place === 0 ? 'left' : 'right'}>
                  {column}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {rows.map(([name, value]) => (
              <TableRow key={name}>
                <TableCell component="th" scope="row">
                  {name}
                </TableCell>
                <TableCell align="right">{value}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Box>
  )
}
