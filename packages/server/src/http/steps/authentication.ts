import type { Authenticator } from '../../authenticator/authenticator.ts';
import { headerValues } from '../request/header.ts';
import type { Step } from './step.ts';

export const authentication =
  (authenticator: Authenticator): Step =>
  async (c) => {
    c.set('principal', await authenticator.authenticate((name) => headerValues(c, name)));
    return undefined;
  };
