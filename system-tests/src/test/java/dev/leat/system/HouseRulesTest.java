package dev.leat.system;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The arrows between packages, and what the libraries may bring along. */
class HouseRulesTest {
  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.leat");

  /** What any package may use besides those of the house that it is allowed. */
  private static final List<String> COMMON = List.of("java..", "org.jspecify..");

  @Test
  void the_whole_house_is_looked_at() {
    assertThat(HOUSE.stream().map(JavaClass::getPackageName).distinct())
        .contains(
            "dev.leat",
            "dev.leat.wire",
            "dev.leat.broker",
            "dev.leat.broker.memory",
            "dev.leat.redis",
            "dev.leat.worker",
            "dev.leat.caller",
            "dev.leat.trail",
            "dev.leat.gateway",
            "dev.leat.cli",
            "dev.leat.opentelemetry",
            "dev.leat.micrometer",
            "dev.leat.testkit");
  }

  @ParameterizedTest
  @CsvSource({
    "dev.leat.wire,          dev.leat | tools.jackson..",
    "dev.leat.broker,        dev.leat | org.slf4j..",
    "dev.leat.broker.memory,"
        + " dev.leat | dev.leat.broker | dev.leat.broker.remote | dev.leat.wire | org.slf4j..",
    "dev.leat.broker.remote, dev.leat | dev.leat.broker | dev.leat.wire | org.slf4j..",
    "dev.leat.redis,"
        + " dev.leat | dev.leat.broker | dev.leat.wire | io.vertx.core.. | io.netty.buffer.. |"
        + " io.netty.channel.. | io.netty.util.. | org.slf4j..",
    "dev.leat.kafka,"
        + " dev.leat | dev.leat.broker | dev.leat.wire | org.apache.kafka.. | org.slf4j..",
    "dev.leat.worker,        dev.leat | dev.leat.broker | dev.leat.wire | org.slf4j..",
    "dev.leat.caller,        dev.leat | dev.leat.broker | dev.leat.wire | org.slf4j..",
    "dev.leat.trail,         dev.leat | dev.leat.broker | dev.leat.wire | org.slf4j..",
    "dev.leat.bridge,"
        + " dev.leat | dev.leat.broker | dev.leat.trail | dev.leat.wire | org.slf4j..",
    "dev.leat.opentelemetry, dev.leat | io.opentelemetry..",
    "dev.leat.micrometer,    dev.leat | io.micrometer..",
    "dev.leat.gateway.route, dev.leat | dev.leat.caller",
    "dev.leat.gateway.admission, dev.leat | dev.leat.broker | dev.leat.gateway.route | org.slf4j..",
    "dev.leat.gateway.http,"
        + " dev.leat | dev.leat.broker | dev.leat.caller | dev.leat.wire |"
        + " dev.leat.gateway.admission | dev.leat.gateway.route |"
        + " io.vertx.. | io.netty.buffer.. | io.netty.channel.. | io.netty.util.. |"
        + " io.netty.handler.codec.. |"
        + " io.github.bucket4j.. | org.slf4j..",
    "dev.leat.gateway.ops,"
        + " dev.leat | dev.leat.broker | dev.leat.trail | dev.leat.wire |"
        + " dev.leat.gateway.http | dev.leat.gateway.route |"
        + " io.micrometer.. | io.vertx.. | org.slf4j..",
    "dev.leat.gateway.config,"
        + " dev.leat | dev.leat.broker | dev.leat.gateway | dev.leat.gateway.http |"
        + " dev.leat.gateway.route | org.snakeyaml.. | org.slf4j..",
    "dev.leat.testkit,"
        + " dev.leat | dev.leat.broker | dev.leat.trail | dev.leat.wire | org.junit.. | org.assertj.. |"
        + " org.awaitility.. | org.apiguardian..",
  })
  void a_package_uses_what_it_may(String user, String used) {
    List<String> allowed = new ArrayList<>(COMMON);
    allowed.add(user);
    allowed.addAll(List.of(used.split(" \\| ")));

    classes()
        .that()
        .resideInAPackage(user)
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(allowed.toArray(String[]::new)))
        .check(HOUSE);
  }

  @Test
  void the_vocabulary_knows_nobody_but_for_the_one_edge_upward() {
    classes()
        .that(resideInAPackage("dev.leat").and(DescribedPredicate.not(name("dev.leat.Leat"))))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("dev.leat", "java..", "org.jspecify..")
                .and(DescribedPredicate.not(name("dev.leat.Leat"))))
        .check(HOUSE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev.leat.broker.memory", "dev.leat.redis"})
  void nobody_knows_which_broker_it_has(String broker) {
    noClasses()
        .that()
        .resideOutsideOfPackage(broker)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(broker)
        .check(HOUSE);
  }

  @ParameterizedTest
  @CsvSource({
    "dev.leat.broker.memory, EmbeddedBrokerProvider",
    "dev.leat.redis,         RedisBrokerProvider"
  })
  void a_broker_has_one_public_class(String broker, String provider) {
    assertThat(
            HOUSE.that(resideInAPackage(broker)).stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(JavaClass::isTopLevelClass)
                .map(JavaClass::getSimpleName))
        .containsExactly(provider);
  }

  @Test
  void nothing_sleeps_and_nothing_reads_the_systems_clock_but_the_loops() {
    noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .check(HOUSE);
  }

  @Test
  void every_package_says_what_it_is_and_refuses_null() {
    assertThat(
            HOUSE.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(box -> !box.isAnnotatedWith(org.jspecify.annotations.NullMarked.class)))
        .isEmpty();
  }
}
