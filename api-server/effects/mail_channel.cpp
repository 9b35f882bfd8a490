#include "common/text.hpp"
#include "effects/channel.hpp"

namespace factory::effects {

namespace {

using engine::Attempt;

constexpr std::size_t longest_subject = 200;

class MailChannel final : public Channel {
 public:
  explicit MailChannel(MailSettings settings) : settings_(std::move(settings)) {}

  Attempt send(const Message& message, const std::string& address,
               const std::stop_token& stop) override {
    Mail mail;
    mail.id = message.id;
    mail.from = settings_.from;
    mail.from_name = settings_.from_name;
    mail.to = address;
    mail.subject = excerpt(message.title, longest_subject);
    mail.text = plain_text(message);
    mail.at = message.at;
    const Status sent = send_mail(settings_.server, mail, stop);
    if (sent) return {};
    const bool for_good = sent.error().code == ErrorCode::invalid_request;
    return {
        for_good ? Attempt::Outcome::give_up : Attempt::Outcome::retry, sent.error().detail, {}};
  }

 private:
  const MailSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> mail_channel(MailSettings settings) {
  return std::make_unique<MailChannel>(std::move(settings));
}

}  // namespace factory::effects
