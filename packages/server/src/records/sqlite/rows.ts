import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

/** A row as an array, as `openDatabase` configures statements: node's types declare rows as objects only. */
export type Row = readonly SQLOutputValue[];

export const allRows = (statement: StatementSync, parameters: readonly SQLInputValue[]): readonly Row[] =>
  statement.all(...parameters) as unknown as Row[];

export const firstRow = (statement: StatementSync, parameters: readonly SQLInputValue[]): Row | undefined =>
  statement.get(...parameters) as Row | undefined;
