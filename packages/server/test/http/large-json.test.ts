import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { createTestService, json } from '../services/service.ts';

/** More than the limit of concurrently received bodies. */
const MANY = 300;

describe('large JSON bodies', () => {
  it('release their places also if the disk is full', async () => {
    await using service = await createTestService();
    const { staging } = service.services;
    const { stage } = staging;
    staging.stage = () => Promise.reject(new AppError('insufficient-storage', 'expected room on the disk; it is full'));
    const large = json({ user_id: 'u', content_type: 'image/jpeg', file: 'A'.repeat(100_000) });
    for (let count = 0; count < MANY; count += 1) {
      assert.equal((await service.request('/images/upload', large)).status, 507, `body ${count}`);
    }
    staging.stage = stage;
    assert.equal(
      (await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }))).status,
      200,
    );
  });
});
