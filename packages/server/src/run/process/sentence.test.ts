import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { DAMAGE_REMEDY, SQLITE } from '../../records/sqlite/sqlite-error.ts';
import { sentence } from './sentence.ts';

it('damage of the database names its remedy once, whatever met it', () => {
  const damaged = (detail: string) => new AppError('unavailable', detail, { isDamage: true });
  const untranslated = Object.assign(new Error('vtable constructor failed: image_search'), { errcode: SQLITE.CORRUPT });
  for (const [error, told] of [
    [damaged('The records are damaged'), `The records are damaged. ${DAMAGE_REMEDY}`],
    [damaged(`Rows are lost. ${DAMAGE_REMEDY}`), `Rows are lost. ${DAMAGE_REMEDY}`],
    [untranslated, `vtable constructor failed: image_search. ${DAMAGE_REMEDY}`],
  ] as const)
    assert.equal(sentence(error), told);
});
