import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aboutVariable, DESCRIBED_GROUPS, describeVariables } from './describe-variables.ts';
import { VARIABLES } from './variables.ts';

const TERMINAL_WIDTH = 80;

describe('the groups of variables', () => {
  it('begin with those that a first service needs', () => {
    const [start] = DESCRIBED_GROUPS;
    assert.deepEqual(
      start?.variables.map(({ name }) => name),
      ['HOST', 'PORT', 'PUBLIC_URL', 'DATA_DIR', 'AUTH', 'CORS_ORIGINS'],
    );
  });

  it('have every variable once', () => {
    const grouped = DESCRIBED_GROUPS.flatMap(({ variables }) => variables.map(({ name }) => name));
    assert.deepEqual(
      grouped.toSorted(),
      Object.values(VARIABLES)
        .map(({ name }) => name as string)
        .toSorted(),
    );
    for (const { title, variables } of DESCRIBED_GROUPS) assert.ok(variables.length > 0, title);
  });
});

describe('--help', () => {
  const lines = describeVariables().split('\n');

  it('fits into the width of a terminal', () => {
    assert.deepEqual(
      lines.filter((line) => line.length > TERMINAL_WIDTH),
      [],
    );
  });

  it('has the name, the default and the whole description of each variable, group by group', () => {
    const words = lines.join(' ').replaceAll(/\s+/g, ' ');
    for (const { title, about, variables } of DESCRIBED_GROUPS) {
      assert.ok(words.includes(`${title.toUpperCase()}: ${about}`), title);
      for (const one of variables) {
        const name = one.default === '' ? one.name : `${one.name} (default: ${one.default})`;
        assert.ok(words.includes(` ${name} ${aboutVariable(one)}`), name);
      }
    }
  });
});
