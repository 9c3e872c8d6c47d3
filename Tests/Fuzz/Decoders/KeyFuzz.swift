// Certificates as files, and the text form of their keys.
//
// What holds for every input: no trap; a certificate that was read is the same when it is written
// and read again; a key that was decoded has one text, and that text is the key.

import MillraceProtocol

enum KeyFuzz {
    static let certificate = FuzzTarget("certificate", run: runCertificate)
    static let z85 = FuzzTarget("z85", run: runZ85)

    private static func runCertificate(_ bytes: UnsafeRawBufferPointer) {
        let certificate: Certificate
        do throws(CertificateError) {
            certificate = try Certificate.parse(bytes)
        } catch {
            promise(!error.description.isEmpty, "a refusal has words")
            return
        }
        let text = Array(certificate.text.utf8)
        // Indentation and quotes may be added to a file that was as long as one may be.
        guard text.count <= Certificate.largestFile else { return }
        promise((try? Certificate.parse(text)) == certificate, "what was written is read again")
        promise(
            certificate.producers.allSatisfy(certificate.allows), "producers named are allowed")
    }

    private static func runZ85(_ bytes: UnsafeRawBufferPointer) {
        if let text = String(validating: bytes, as: UTF8.self),
            let key = try? CurvePublicKey(z85: text)
        {
            promise(key.z85 == text, "a key has one text")
        }
        if let decoded = try? Z85.decode(bytes) {
            let text = decoded.withUnsafeBytes { Z85.encode($0) }
            promise(text?.utf8.elementsEqual(bytes) == true, "bytes have one text")
        }
        guard let text = Z85.encode(bytes) else { return }
        let again = Array(text.utf8).withUnsafeBytes { try? Z85.decode($0) }
        promise(again?.elementsEqual(bytes) == true, "decode(encode(x)) == x")
    }
}
