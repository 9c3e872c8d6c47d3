// make install and make uninstall, into a folder.

import Glibc
import Testing

@Suite struct InstallTests {
    private static let make = "/usr/bin/make"
    private static let isThere: Bool = {
        let isThere = access(make, X_OK) == 0
        if !isThere { print("SKIPPED: make install needs \(make). TRY: make setup") }
        return isThere
    }()

    private func make(_ target: String, _ place: Workplace) -> (code: Int32?, text: String) {
        ServiceTools.run(
            Self.make,
            [
                "-s", "-C", ServiceTools.root, target, "BUILD=\(Build.directory)",
                "MANUALS=\(place.path)/manuals", "DESTDIR=\(place.path)/root", "PREFIX=/usr",
            ])
    }

    private func files(_ place: Workplace) -> [Substring] {
        ServiceTools.run("/usr/bin/find", ["\(place.path)/root", "-type", "f", "-printf", "%P\n"])
            .text.split(separator: "\n").sorted()
    }

    private func folders(_ place: Workplace) -> String {
        ServiceTools.run(
            "/usr/bin/find", ["\(place.path)/root/etc", "-type", "d", "-printf", "%P\n"]
        )
        .text
    }

    @Test(.enabled(if: isThere && ServiceTools.hasPython))
    func whatIsInstalledIsTakenBackAndAConfigurationStays() throws {
        let place = Workplace()
        let manuals = ServiceTools.run(
            ServiceTools.python,
            ["\(ServiceTools.root)/scripts/manuals", Build.directory, "\(place.path)/manuals"])
        #expect(manuals.code == 0, "\(manuals.text)")
        let first = make("install", place)
        try #require(first.code == 0, "\(first.text)")
        let installed = files(place)
        for file in [
            "etc/millrace/millrace.toml", "usr/bin/millraced",
            "usr/lib/systemd/system/millraced.service",
            "usr/lib/systemd/system/millraced@.service", "usr/lib/systemd/system/millraced.socket",
            "usr/lib/systemd/system/millraced-activated.service",
            "usr/lib/systemd/user/millraced.service", "usr/lib/sysusers.d/millrace.conf",
            "usr/lib/tmpfiles.d/millrace.conf", "usr/share/man/man8/millraced.8",
        ] {
            #expect(installed.contains(Substring(file)), "\(file)")
        }
        #expect(folders(place).contains("millrace/clients.d"))
        let unit = place.read("root/usr/lib/systemd/system/millraced.service")
        #expect(unit.contains("ExecStart=/usr/bin/millraced --config /etc/millrace/millrace.toml"))

        let configuration = "root/etc/millrace/millrace.toml"
        unlink("\(place.path)/\(configuration)")
        place.write(configuration, "# mine\n")
        #expect(make("install", place).code == 0)
        #expect(place.read(configuration) == "# mine\n")
        #expect(make("uninstall", place).code == 0)
        #expect(files(place) == ["etc/millrace/millrace.toml"])

        unlink("\(place.path)/\(configuration)")
        #expect(make("install", place).code == 0 && files(place) == installed)
        #expect(make("uninstall", place).code == 0)
        #expect(files(place).isEmpty && !folders(place).contains("millrace"))
    }
}
