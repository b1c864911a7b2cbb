// WebAuthn as JSON (W3C Web Authentication 3, 5.1.9): what the server sends and takes is base64url text, what the browser
// wants is bytes. The browsers' own parseCreationOptionsFromJSON is too young for our oldest engines.

type Json = Record<string, unknown>

export const bytesOf = (text: string): ArrayBuffer => {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer
}
export const textOf = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

/**
 * Why this address or browser knows no passkeys, or null. A passkey belongs to a host name (WebAuthn, 5.1.3: the RP id
 * is a domain), so a bare IP address has none, not even the loopback one, which browsers otherwise hold for secure.
 */
export type Hindrance = 'address' | 'insecure' | 'browser'
export function passkeyHindrance(hostname: string, secure: boolean, known: boolean): Hindrance | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$|^\[/.test(hostname)) return 'address'
  if (!secure) return 'insecure'
  return known ? null : 'browser'
}

const inner = (told: Json): Json => {
  const options = (told['options'] ?? told) as Json
  return (options['publicKey'] ?? options) as Json
}
const named = (list: unknown): PublicKeyCredentialDescriptor[] =>
  ((list ?? []) as (Json & { id: string })[]).map((one) => ({ ...one, id: bytesOf(one.id) }) as unknown as PublicKeyCredentialDescriptor)

/** Make a passkey; the answer is what POST /me/passkeys wants as `credential`. Throws what the browser throws. */
export async function makePasskey(options: Json): Promise<Json> {
  const asked = inner(options)
  const user = asked['user'] as Json & { id: string }
  const made = (await navigator.credentials.create({
    publicKey: {
      ...(asked as unknown as PublicKeyCredentialCreationOptions),
      challenge: bytesOf(String(asked['challenge'])),
      user: { ...(user as unknown as PublicKeyCredentialUserEntity), id: bytesOf(user.id) },
      excludeCredentials: named(asked['excludeCredentials']),
    },
  })) as PublicKeyCredential
  const response = made.response as AuthenticatorAttestationResponse
  return {
    id: made.id, rawId: textOf(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject),
      transports: typeof response.getTransports === 'function' ? response.getTransports() : [],
    },
  }
}

/** Use a passkey; the answer is what POST /login/passkey wants as `credential`. */
export async function usePasskey(options: Json): Promise<Json> {
  const asked = inner(options)
  const found = (await navigator.credentials.get({
    publicKey: {
      ...(asked as unknown as PublicKeyCredentialRequestOptions),
      challenge: bytesOf(String(asked['challenge'])),
      allowCredentials: named(asked['allowCredentials']),
    },
  })) as PublicKeyCredential
  const response = found.response as AuthenticatorAssertionResponse
  return {
    id: found.id, rawId: textOf(found.rawId), type: found.type, clientExtensionResults: found.getClientExtensionResults(),
    response: {
      clientDataJSON: textOf(response.clientDataJSON), authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature), userHandle: response.userHandle ? textOf(response.userHandle) : null,
    },
  }
}
