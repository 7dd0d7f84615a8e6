import type { Image } from '@safelight/client';
import { GuestName } from '../albums/contributions/guest-name.tsx';
import { Button } from '../ui/button.tsx';
import style from './details.module.css';
import { Row } from './row.tsx';

interface AddedByProps {
  readonly guest: NonNullable<Image['added_by']>;
  readonly onGuest: ((guest: string) => void) | undefined;
}

/** The guest who added the picture by a link of an album. */
export const AddedBy = ({ guest: { guest_id: id, name }, onGuest }: AddedByProps) => (
  <Row name="Added by">
    <GuestName name={name} />
    {name ? ' (guest)' : ''}
    {onGuest && (
      <Button className={style['guest'] ?? ''} onClick={() => onGuest(id)}>
        <span>Select all from {name ? <GuestName name={name} /> : 'this guest'}</span>
      </Button>
    )}
  </Row>
);
