import { useSession } from '../session/session.tsx';
import { useIsTouch } from '../ui/media.ts';
import { acceptAttribute } from './accept-attribute.ts';

/** For the `accept` of an `<input>`. */
export const useAccept = (): string => {
  const isPhone = useIsTouch();
  return acceptAttribute(useSession().info.image_types, { isPhone });
};
