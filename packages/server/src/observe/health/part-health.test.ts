import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { createPartHealth } from './part-health.ts';

function createHealth() {
  const clock = { ms: 1_000_000 };
  const told: string[] = [];
  const health = createPartHealth({
    elapsedMs: () => clock.ms,
    onWorse: (condition, error) => told.push(`${condition}: ${error.detail}`),
  });
  return {
    ...health,
    told,
    pass: (seconds: number) => {
      clock.ms += seconds * 1000;
    },
    fail: (code: ErrorCode = 'unavailable') => health.failed('write', new AppError(code, 'away')),
  };
}

describe('the health of a part', () => {
  it('is unknown before the first write, and again half a minute after the last', () => {
    const health = createHealth();
    assert.deepEqual([health.condition(), health.isKnown()], ['unknown', false]);
    health.wrote();
    health.pass(29.9);
    assert.deepEqual([health.condition(), health.isKnown()], ['ok', true]);
    health.pass(0.1);
    assert.deepEqual([health.condition(), health.isKnown()], ['unknown', false]);
  });

  it('is degraded while some calls fail, and for half a minute afterwards', () => {
    const health = createHealth();
    for (let second = 0; second < 60; second += 1) {
      health.fail();
      health.wrote();
      health.pass(1);
    }
    assert.equal(health.condition(), 'degraded');
    health.pass(28.9);
    health.wrote();
    assert.equal(health.condition(), 'degraded');
    health.pass(0.1);
    assert.equal(health.condition(), 'ok');
    assert.deepEqual(health.told, ['degraded: away'], 'expected one report');
  });

  it('is failing after all writes have failed for 15 s, until one succeeds', () => {
    const health = createHealth();
    health.wrote();
    for (let second = 0; second < 15; second += 1) {
      health.fail(second % 2 ? 'unavailable' : 'insufficient-storage');
      assert.equal(health.condition(), 'degraded');
      health.pass(1);
    }
    health.fail();
    assert.equal(health.condition(), 'failing');
    assert.deepEqual(health.told, ['degraded: away', 'failing: away']);
    health.wrote();
    assert.equal(health.condition(), 'degraded');
  });

  it('is not failing after one failed write, nor after two that are 90 s apart', () => {
    const health = createHealth();
    health.fail();
    health.pass(29);
    assert.equal(health.condition(), 'degraded');
    health.pass(61);
    health.fail();
    assert.equal(health.condition(), 'degraded');
    health.pass(30);
    assert.equal(health.condition(), 'unknown', 'expected the next write to decide');
    health.fail();
    assert.equal(health.condition(), 'failing');
  });

  it('stays failing for a minute without a probe, and is unknown afterwards', () => {
    const health = createHealth();
    health.fail();
    health.pass(15);
    health.fail();
    health.pass(60);
    assert.deepEqual([health.condition(), health.isKnown()], ['failing', false]);
    health.pass(0.1);
    assert.equal(health.condition(), 'unknown');
  });

  it('is at most degraded while only reads fail', () => {
    const health = createHealth();
    for (let second = 0; second < 30; second += 1) {
      health.failed('read', new AppError('unavailable', 'away'));
      health.pass(1);
    }
    assert.deepEqual([health.condition(), health.isKnown()], ['degraded', false]);
  });

  it('is degraded, but never failing, from a damage on, until a check that began later finds none', () => {
    const health = createHealth();
    const meetDamage = () => health.failed('write', new AppError('unavailable', 'damaged', { isDamage: true }));
    for (let second = 0; second < 30; second += 1) {
      meetDamage();
      health.pass(1);
    }
    health.pass(3_600);
    health.wrote();
    assert.deepEqual([health.condition(), health.isDamaged(), health.told], ['degraded', true, ['degraded: damaged']]);
    health.foundSound(3_602_000);
    assert.equal(health.condition(), 'degraded', 'expected a check from before the last damage to say nothing');
    health.foundSound(3_600_000);
    assert.deepEqual([health.condition(), health.isDamaged()], ['ok', false]);
    meetDamage();
    assert.equal(health.condition(), 'degraded');
  });

  it('ignores errors of the request and bugs of the service', () => {
    const health = createHealth();
    health.wrote();
    for (const code of ['upload-too-large', 'overloaded', 'image-not-found'] as const) health.fail(code);
    health.failed('write', new Error('a fault in the program'));
    assert.deepEqual([health.condition(), health.told], ['ok', []]);
  });
});
