import { html } from '../../../core/html.ts';
import type { DirectRefusal } from '../interaction.ts';
import type { Message } from '../../page-message.ts';

export { messageView, type Message } from '../../page-message.ts';

/** What people see when there is nobody to send them back to. */
export function refusedRequest({ error, description }: DirectRefusal): Message {
  return {
    title: 'This link does not work',
    text: 'The application that sent you here made a mistake. You have not been signed in, and nothing was shared with it.',
    detail: html`<details>
      <summary>For the developer</summary>
      <p><code>${error}</code></p>
      <p>${description}</p>
    </details>`,
  };
}

export const DEVICE_CONNECTED: Message = {
  title: 'Your device is connected',
  text: 'Go on there. You can close this page.',
  good: true,
};

export const DEVICE_DENIED: Message = {
  title: 'The device was not connected',
  text: 'It gets no access. You can close this page.',
};

export const FORM_EXPIRED: Message = {
  title: 'This page is out of date',
  text: 'It was open for too long, or it was not sent from here. Nothing has been changed.',
};

export const FORM_UNREADABLE: Message = {
  title: 'That could not be read',
  text: 'Your browser sent something that this page does not understand. Nothing has been changed.',
};

export const COOKIE_REPEATED: Message = {
  title: 'Your browser sent two sign-ins',
  text: 'One of them may not be yours, so neither was used. Close the browser, open it again and start over.',
};

export const BROKEN: Message = {
  title: 'Something went wrong here',
  text: 'It is not your fault. Please try again in a little while.',
};
