import { checkPolicy, type LengthLimits, parsePolicy, type ReceivedForm } from '../signing/post-policy.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { ALGORITHM, type Credentials, createKeyring, scopeOf, signPolicy } from '../signing/sigv4.ts';
import { isSameSignature, parseAmzDate } from '../signing/sigv4-verify.ts';

export interface FormVerifier {
  /** Verifies a form's fields by S3's rules, in S3's order. Never throws, for any input. */
  verify(form: ReceivedForm, now: Date): FormVerdict;
}

export type FormVerdict =
  | { readonly outcome: 'verified'; readonly key: string; readonly limits: LengthLimits }
  | Refused;

/** In the order in which S3 reports missing fields. */
const SIGNATURE_FIELDS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature'] as const;
const REQUIRED = ['key', ...SIGNATURE_FIELDS, 'policy'] as const;

/** Any of the credentials may have signed, as for URLs. */
export function createFormVerifier(options: { credentials: readonly Credentials[]; region: string }): FormVerifier {
  const { region } = options;
  const keyring = createKeyring(options.credentials, region);

  return {
    verify(form, now) {
      const value = (name: (typeof REQUIRED)[number]): string => form.fields.get(name.toLowerCase()) ?? '';
      if (!SIGNATURE_FIELDS.some(value))
        return refuse('AccessDenied', 'Access Denied: only presigned forms are accepted');
      const missing = REQUIRED.find((name) => !value(name));
      if (missing)
        return wrong(
          `Bucket POST must contain a field named '${missing}'.  If it is specified, please check the order of the fields.`,
        );
      if (value('X-Amz-Algorithm') !== ALGORITHM) return wrong(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
      const date = value('X-Amz-Date');
      if (parseAmzDate(date) === undefined) return wrong('X-Amz-Date must be formated via ISO8601 Long format');
      const day = date.slice(0, 8);
      const [accessKeyId = '', ...scope] = value('X-Amz-Credential').split('/');
      if (accessKeyId === '' || scope.join('/') !== scopeOf(day, region))
        return wrong(`X-Amz-Credential: expected "<YOUR-AKID>/${scopeOf(day, region)}"`);

      const signingKey = keyring.get(accessKeyId);
      if (!signingKey)
        return refuse('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
      if (!isSameSignature(signPolicy(signingKey(day), value('policy')), value('X-Amz-Signature')))
        return refuse(
          'SignatureDoesNotMatch',
          'The request signature we calculated does not match the signature you provided.',
        );
      const policy = parsePolicy(value('policy'));
      if (policy.outcome === 'refused') return policy;
      const verdict = checkPolicy(policy, form, now);
      if (verdict.outcome === 'refused') return verdict;
      return { outcome: 'verified', key: value('key'), limits: verdict.limits };
    },
  };
}

const wrong = (message: string): Refused => refuse('InvalidArgument', message);
