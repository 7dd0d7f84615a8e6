import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { expiresIncoming, harmfulRules, hastyRules, incomingDays, unfinishedDays } from './lifecycle.ts';

const DAYS = 14;
const WEEK_SECONDS = 604_800;

/** An enabled rule that removes objects, unless overridden. */
const ruleOf = (rule: Partial<LifecycleRule>): LifecycleRule => ({
  ID: 'one',
  Status: 'Enabled',
  Expiration: { Days: 1 },
  ...rule,
});
const under = (Prefix: string, Days = 1): LifecycleRule => ruleOf({ Filter: { Prefix }, Expiration: { Days } });
const TAG = { Key: 'kind', Value: 'temporary' };

describe('the age at which uploads may be removed', () => {
  it('is the lifetime of a URL plus a week, and at least 14 days', () => {
    assert.deepEqual([1, 300, WEEK_SECONDS].map(incomingDays), [14, 14, 14]);
    assert.deepEqual([WEEK_SECONDS + 1, 2 * WEEK_SECONDS].map(incomingDays), [15, 21]);
  });
});

describe('the age at which uploads in parts may be aborted', () => {
  it('is their lifetime and four hours, in whole days', () => {
    assert.deepEqual([1, 20, 21, 44, 45, 168].map(unfinishedDays), [1, 1, 2, 2, 3, 8]);
  });

  it('is too early for some rules', () => {
    const aborting = (DaysAfterInitiation: number, rule: Partial<LifecycleRule> = {}): LifecycleRule => ({
      ID: 'one',
      Status: 'Enabled',
      Filter: { Prefix: 'incoming/' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation },
      ...rule,
    });
    const rules = [
      aborting(1),
      aborting(2, { ID: undefined, Filter: { Prefix: '' } }),
      aborting(2, { ID: 'old', Filter: undefined, Prefix: 'incoming/ada/' }),
      aborting(3, { ID: 'late' }),
      aborting(1, { ID: 'off', Status: 'Disabled' }),
      aborting(1, { ID: 'other', Filter: { Prefix: 'images/' } }),
      under('incoming/', 1),
    ];
    assert.deepEqual(hastyRules(rules, 3), ['one (after 1 day)', 'without an id (after 2 days)', 'old (after 2 days)']);
    assert.deepEqual(hastyRules(rules, 1), []);
  });
});

describe('a lifecycle rule is harmful', () => {
  const HARMFUL: Readonly<Record<string, LifecycleRule>> = {
    'on uploads, a day early': under('incoming/', 13),
    'on the uploads of one user': under('incoming/ada/'),
    'on originals, at any age': under('images/', 3_650),
    'on renditions, at any age': under('renditions/', 3_650),
    'with a prefix of our prefixes': under('i', 365),
    'with an empty prefix': under('', 365),
    'with an empty prefix in the old form': ruleOf({ Prefix: '' }),
    'with a prefix in the old form': ruleOf({ Prefix: 'incoming/' }),
    'without any filter': ruleOf({}),
    'with an empty filter': ruleOf({ Filter: {} }),
    'with a filter by tag': ruleOf({ Filter: { Tag: TAG } }),
    'with a filter by size': ruleOf({ Filter: { ObjectSizeGreaterThan: 1_000 } }),
    'with several conditions': ruleOf({ Filter: { And: { Prefix: 'images/', Tags: [TAG] } } }),
    'with several conditions and no prefix': ruleOf({ Filter: { And: { Tags: [TAG, TAG] } } }),
    'on a date': ruleOf({ Filter: { Prefix: 'incoming/' }, Expiration: { Date: new Date('2040-01-01') } }),
  };
  for (const [what, rule] of Object.entries(HARMFUL)) {
    it(what, () => assert.equal(harmfulRules([under('logs/'), rule], DAYS).length, 1));
  }

  it('and is reported with its id, its prefix and its time', () => {
    const Expiration = { Date: new Date('2040-01-01') };
    const rules = [under('incoming/'), under('', 30), { ...ruleOf({ Prefix: 'images/a', Expiration }), ID: undefined }];
    assert.deepEqual(harmfulRules(rules, DAYS), [
      'one (removes incoming/ after 1 day)',
      'one (removes every key after 30 days)',
      'without an id (removes images/a from 2040-01-01 on)',
    ]);
  });
});

describe('a lifecycle rule is harmless', () => {
  const HARMLESS: Readonly<Record<string, LifecycleRule>> = {
    'on uploads, at 14 days': under('incoming/', 14),
    'on other keys': under('logs/'),
    'on keys that only resemble ours': under('images-of-others/'),
    'if it is disabled': { ...under('incoming/'), Status: 'Disabled' },
    'if it removes delete markers only': ruleOf({
      Filter: { Prefix: '' },
      Expiration: { ExpiredObjectDeleteMarker: true },
    }),
    'if it removes noncurrent versions and unfinished uploads': {
      ID: 'one',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  };
  for (const [what, rule] of Object.entries(HARMLESS)) {
    it(what, () => assert.deepEqual(harmfulRules([rule], DAYS), []));
  }
});

describe('leftovers under incoming/ are removed', () => {
  it('by a rule for the whole prefix', () => {
    for (const prefix of ['incoming/', 'incoming', 'in']) assert.ok(expiresIncoming([under(prefix, DAYS)]), prefix);
    assert.ok(expiresIncoming([ruleOf({ Prefix: 'incoming/' })]));
  });

  it('but not by a rule for a part of it, with conditions, or disabled', () => {
    const rules: LifecycleRule[] = [
      under('incoming/ada/', DAYS),
      under('logs/', DAYS),
      ruleOf({ Filter: { And: { Prefix: 'incoming/', Tags: [TAG] } } }),
      ruleOf({ Filter: { Prefix: 'incoming/', ObjectSizeLessThan: 5 } }),
      { ...under('incoming/', DAYS), Status: 'Disabled' },
      { ID: 'one', Status: 'Enabled', Filter: { Prefix: 'incoming/' } },
    ];
    assert.equal(expiresIncoming(rules), false);
    assert.equal(expiresIncoming([]), false);
  });
});
